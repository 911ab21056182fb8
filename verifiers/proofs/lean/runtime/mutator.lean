/-
Finds mutations of library theorems, run by `lean --run` under `runner.js`; JSON lines in, lines `@@{...}` out.

First line in: {"role": "mutate"}. First line out: {"ready": true, "version": "4.x", "theorems": n}.

  in   {"id", "start", "count", "tries", "most", "mode"}
           theorems `start` to `start + count` of the library, in its own order; of each at most `most` mutations of each
           form, found in at most `tries` tries; mode `rw`, `apply` or `both`
  out  {"id", "targets": [{"name", "universes", "mutations": [{"rule", "form", "statement", "proof"}]}]}
           form  rw, rw-back         the conclusion was rewritten, from left to right or back
                 rw-at, rw-back-at   a hypothesis was
                 apply               a hypothesis was replaced by what a library theorem asks for
           statement is a type and proof a tactic block, both as text; what the library states itself is left out

Nothing that it says is believed: every mutation is judged like any other proof.

A theorem can be changed by a rule whose left side starts with a constant that occurs in it (an index of rules by that
constant), or, by `apply`, by one whose conclusion starts with the constant that the hypothesis starts with.

Style: see `checker.lean`; this file is interpreted, too.
-/
import Lean.Elab.Frontend
import Lean.Meta.Tactic.Rewrite
import Lean.Meta.Tactic.Apply
import Lean.PrettyPrinter
open Lean Meta

def field (j : Json) (k : String) : Json :=
  match j.getObjVal? k with
  | .ok v => v
  | .error _ => .null

def stringField (j : Json) (k : String) : String :=
  match field j k with
  | .str s => s
  | _ => ""

def numberField (j : Json) (k : String) : Nat :=
  match (field j k).getNat? with
  | .ok n => n
  | .error _ => 0

def strJson (s : String) : String := (Json.str s).compress

/-! ### The library's theorems, and an index of them as rules -/

structure Rule where
  name : Name
  back : Bool

/-- Rules by a constant: a hash table of fixed size, since the library's maps lack compiled helpers here. -/
abbrev Index := Array (List (Name × Array Rule))

def indexSize : Nat := 4096

partial def emptyBuckets (count : Nat) (acc : Index) : Index :=
  if count == 0 then acc else emptyBuckets (count-1) (acc.push [])

def emptyIndex : Index := emptyBuckets indexSize #[]

partial def inBucket (l : List (Name × Array Rule)) (key : Name) (rule : Rule) : List (Name × Array Rule) :=
  match l with
  | [] => [(key, #[rule])]
  | (k, a) :: r => if k == key then (k, a.push rule) :: r else (k, a) :: inBucket r key rule

partial def rulesIn (l : List (Name × Array Rule)) (key : Name) : Array Rule :=
  match l with
  | [] => #[]
  | (k, a) :: r => if k == key then a else rulesIn r key

def rulesFor (m : Index) (key : Name) : Array Rule :=
  let i := key.hash.toNat % indexSize
  if h : i < m.size then rulesIn m[i] key else #[]

/-- The library's statements, by hash: a mutation that is one of them is nothing new. -/
abbrev Statements := Array (List Expr)

def statementBuckets : Nat := 16384

partial def emptyStatements (count : Nat) (acc : Statements) : Statements :=
  if count == 0 then acc else emptyStatements (count-1) (acc.push [])

def addStatement (m : Statements) (e : Expr) : Statements :=
  let i := e.hash.toNat % statementBuckets
  if h : i < m.size then m.set i (e :: m[i]) h else m

partial def among (l : List Expr) (e : Expr) : Bool :=
  match l with
  | [] => false
  | x :: r => x == e || among r e

structure Library where
  env : Environment
  statements : Statements := emptyStatements statementBuckets #[]
  theorems : Array Name := #[]
  /-- By the constant that the side to be replaced starts with. -/
  rewrites : Index := emptyIndex
  /-- By the constant that the conclusion starts with. -/
  implications : Index := emptyIndex

def isTheorem (env : Environment) (n : Name) : Bool :=
  match getOriginalConstKind? env n with
  | some .thm => true
  | _ => false

/-- Made by Lean for its own use, or about a type's own machinery. -/
def isTechnical (n : Name) : Bool :=
  n.isInternal || isPrivateName n || match n with
  | .str _ s => s == "injEq" || s == "inj" || s == "sizeOf_spec" || s == "noConfusion" || s == "congr_simp"
      || s.startsWith "eq_" && s.length < 6 || s.endsWith "_def" || s.startsWith "instLawful" || s.startsWith "inst"
      || s.startsWith "match_" || s.startsWith "proof_" || s.startsWith "ctor" || s.startsWith "induct"
  | _ => true

partial def wellKnown (n : Name) : Bool :=
  let r := n.getRoot
  !(r == `Lean || r == `Std || r == `System || r == `IO || r == `Task || r == `Float || r == `Float32 || r == `ByteArray
    || r == `USize || r == `ISize || r == `UInt8 || r == `UInt16 || r == `UInt32 || r == `UInt64 || r == `Int8 || r == `Int16
    || r == `Int32 || r == `Int64)

/-- The statement below its binders. -/
partial def bodyOf (e : Expr) : Expr :=
  match e with
  | .forallE _ _ b _ => bodyOf b
  | .mdata _ b => bodyOf b
  | _ => e

def headOf (e : Expr) : Option Name :=
  match e.getAppFn with
  | .const c _ => if c == ``OfNat.ofNat then none else some c
  | _ => none

def addRule (m : Index) (key : Option Name) (rule : Rule) : Index :=
  match key with
  | none => m
  | some k =>
    let i := k.hash.toNat % indexSize
    if h : i < m.size then m.set i (inBucket m[i] k rule) h else m

def addTheorem (l : Library) (n : Name) (type : Expr) : Library :=
  let body := bodyOf type
  let l := { l with theorems := l.theorems.push n, implications := addRule l.implications (headOf body) { name := n, back := false } }
  let sides := if body.isAppOfArity ``Eq 3 then some (body.getArg! 1, body.getArg! 2)
    else if body.isAppOfArity ``Iff 2 then some (body.getArg! 0, body.getArg! 1) else none
  match sides with
  | none => l
  | some (left, right) =>
    let m := addRule l.rewrites (headOf left) { name := n, back := false }
    { l with rewrites := addRule m (headOf right) { name := n, back := true } }

partial def addNames (l : Library) (names : Array Name) (i : Nat) : Library :=
  if h : i < names.size then
    let n := names[i]
    if isTechnical n || !wellKnown n || !isTheorem l.env n then addNames l names (i+1) else
    match l.env.find? n with
    | some c =>
      let l := { l with statements := addStatement l.statements c.type }
      addNames (if c.type.approxDepth > 40 then l else addTheorem l n c.type) names (i+1)
    | none => addNames l names (i+1)
  else l

partial def addModules (l : Library) (modules : Array ModuleData) (i : Nat) : Library :=
  if h : i < modules.size then addModules (addNames l modules[i].constNames 0) modules (i+1) else l

def known (l : Library) (e : Expr) : Bool :=
  let i := e.hash.toNat % statementBuckets
  if h : i < l.statements.size then among l.statements[i] e else false

/-- Whether a name among these is Lean's own making, as that of a proof inside a statement: it does not read back. -/
partial def anyInternal (a : Array Name) (i : Nat) : Bool :=
  if h : i < a.size then a[i].isInternal || anyInternal a (i+1) else false

/-- Whether a changed statement is left out before it is printed. -/
def unwanted (l : Library) (type : Expr) : Bool := known l type || anyInternal type.getUsedConstants 0

/-! ### Text -/

def shown : Options :=
  (({} : Options).setBool `pp.deepTerms true).setBool `pp.proofs true |>.setNat `pp.maxSteps 20000
    |>.setBool `pp.coercions.types true |>.setBool `pp.structureInstanceTypes true |>.setBool `pp.funBinderTypes true

def textOf (e : Expr) : MetaM String := do
  let f ← withOptions (fun _ => shown) (ppExpr e)
  return f.pretty 100000

def nameTaken (n : Name) (l : List Name) : Bool :=
  match l with
  | [] => false
  | x :: r => x == n || nameTaken n r

partial def freshName (base : String) (l : List Name) (i : Nat) : Name :=
  let n := Name.mkSimple (base ++ Nat.repr i)
  if nameTaken n l then freshName base l (i+1) else n

/-- A name for each binder of `e`, each used once. -/
partial def binderNames (e : Expr) (count : Nat) (used : List Name) : List Name :=
  if count == 0 then [] else
  match e with
  | .forallE n _ b _ =>
    let plain := match n with
      | .str .anonymous s => if n.hasMacroScopes || s.startsWith "_" || s == "this" then none else some s
      | _ => none
    let name := match plain with
      | some s => if nameTaken n used then freshName s used 1 else n
      | none => freshName "h" used 1
    name :: binderNames b (count-1) (name :: used)
  | _ => []

partial def withNames (e : Expr) (names : List Name) : Expr :=
  match names, e with
  | n :: r, .forallE _ t b i => .forallE n t (withNames b r) i
  | _, _ => e

partial def joined (l : List Name) (between : String) : String :=
  match l with
  | [] => ""
  | [n] => n.toString
  | n :: r => n.toString ++ between ++ joined r between

def introduction (names : List Name) : String :=
  match names with
  | [] => ""
  | _ => "  intro " ++ joined names " " ++ "\n"

partial def firstOf (l : List Name) (count : Nat) : List Name :=
  match l with
  | [] => []
  | n :: r => if count == 0 then [] else n :: firstOf r (count-1)

partial def behind (l : List Name) (count : Nat) : List Name :=
  match l with
  | [] => []
  | _ :: r => if count == 0 then l else behind r (count-1)

partial def slice (a : Array Expr) (i stop : Nat) (acc : Array Expr) : Array Expr :=
  if i ≥ stop then acc else
  if h : i < a.size then slice a (i+1) stop (acc.push a[i]) else acc

structure Mutation where
  rule : Name
  form : String
  statement : String
  proof : String

def mutationJson (m : Mutation) : String :=
  "{\"rule\":" ++ strJson m.rule.toString ++ ",\"form\":" ++ strJson m.form
    ++ ",\"statement\":" ++ strJson m.statement ++ ",\"proof\":" ++ strJson m.proof ++ "}"

/-! ### Mutating one theorem -/

/-- A new variable for what `k` does. -/
def withVariable (n : Name) (type : Expr) (info : BinderInfo) (k : Expr → MetaM α) : MetaM α := do
  let id ← mkFreshFVarId
  let own ← isClass? type
  fun ctx =>
    let lctx := ctx.lctx.mkLocalDecl id n type info
    let instances := match own with
      | some c => ctx.localInstances.push { className := c, fvar := .fvar id }
      | none => ctx.localInstances
    k (.fvar id) { ctx with lctx, localInstances := instances }

/-- The binders of a statement as variables, and what is below them. -/
partial def opened (e : Expr) (xs : Array Expr) (k : Array Expr → Expr → MetaM α) : MetaM α :=
  match e with
  | .forallE n t b i => withVariable n (t.instantiateRev xs) i fun x => opened b (xs.push x) k
  | .mdata _ b => opened b xs k
  | _ => k xs (e.instantiateRev xs)

structure Target where
  name : Name
  binders : Array Expr
  conclusion : Expr

def containsVariable (e : Expr) (x : Expr) : Bool := e.containsFVar x.fvarId!

/-- Whether anything behind binder `i`, or the conclusion, speaks about it. -/
partial def usedLater (t : Target) (x : Expr) (i : Nat) : MetaM Bool := do
  if h : i < t.binders.size then
    let type ← inferType t.binders[i]
    if containsVariable type x then return true
    usedLater t x (i+1)
  else return containsVariable t.conclusion x

/-- The rest of `e` after rewriting with the rule, if that leaves nothing open. -/
def rewritten (e : Expr) (rule : Rule) : MetaM (Option Expr) := do
  let g ← mkFreshExprMVar e
  let proof ← mkConstWithFreshMVarLevels rule.name
  let r ← g.mvarId!.rewrite e proof rule.back
  match r.mvarIds with
  | [] =>
    let new ← instantiateMVars r.eNew
    if new.hasExprMVar || new.hasLevelMVar || new == e then return none
    return some new
  | _ => return none

def arrow (rule : Rule) : String := if rule.back then "← " else ""
def reversed (rule : Rule) : String := if rule.back then "" else "← "

/-- `names` with the one at `i` replaced. -/
partial def argumentsText (l : List Name) (i : Nat) (text : String) : String :=
  match l with
  | [] => ""
  | n :: r => " " ++ (if i == 0 then text else n.toString) ++ argumentsText r (if i == 0 then 1000000 else i-1) text

def conclusionMutation (l : Library) (t : Target) (rule : Rule) : MetaM (Option Mutation) := do
  match ← rewritten t.conclusion rule with
  | none => return none
  | some new =>
    let type ← mkForallFVars t.binders new
    if unwanted l type then return none
    let names := binderNames type t.binders.size []
    let statement ← textOf (withNames type names)
    let old := "@" ++ t.name.toString ++ argumentsText names 1000000 ""
    return some { rule := rule.name, form := if rule.back then "rw-back" else "rw", statement
                  proof := introduction names ++ "  have this := " ++ old ++ "\n  rw [" ++ arrow rule ++ rule.name.toString
                    ++ "] at this\n  exact this" }

def hypothesisMutation (l : Library) (t : Target) (i : Nat) (a : Expr) (rule : Rule) : MetaM (Option Mutation) := do
  match ← rewritten a rule with
  | none => return none
  | some new =>
    withVariable `h new .default fun h => do
      let type ← mkForallFVars (t.binders.set! i h) t.conclusion
      if unwanted l type then return none
      let names := binderNames type t.binders.size []
      let statement ← textOf (withNames type names)
      let own := match behind names i with
        | n :: _ => n.toString
        | [] => "h"
      return some { rule := rule.name, form := if rule.back then "rw-back-at" else "rw-at", statement
                    proof := introduction names ++ "  rw [" ++ reversed rule ++ rule.name.toString ++ "] at "
                      ++ own ++ "\n  exact @" ++ t.name.toString ++ argumentsText names 1000000 "" }

/-- The propositions that are left to prove after applying a rule; none if something else is left, too. -/
partial def openGoals (goals : List MVarId) (acc : Array Expr) : MetaM (Option (Array Expr)) := do
  match goals with
  | [] => return some acc
  | g :: r =>
    let type ← instantiateMVars (← g.getType)
    if type.hasExprMVar || type.hasLevelMVar then return none
    if !(← isProp type) then return none
    openGoals r (acc.push type)

partial def withHypotheses (types : Array Expr) (i : Nat) (acc : Array Expr) (k : Array Expr → MetaM (Option Mutation)) :
    MetaM (Option Mutation) := do
  if h : i < types.size then
    withVariable (Name.mkSimple ("g" ++ Nat.repr (i+1))) types[i] .default fun x => withHypotheses types (i+1) (acc.push x) k
  else k acc

def applyMutation (l : Library) (t : Target) (i : Nat) (a : Expr) (rule : Rule) : MetaM (Option Mutation) := do
  let g ← mkFreshExprMVar a
  let proof ← mkConstWithFreshMVarLevels rule.name
  let goals ← g.mvarId!.apply proof
  match ← openGoals goals #[] with
  | none => return none
  | some types =>
    if types.size > 4 || (types.size == 1 && types[0]! == a) then return none
    withHypotheses types 0 #[] fun hs => do
      let binders := slice t.binders (i+1) t.binders.size (slice hs 0 hs.size (slice t.binders 0 i #[]))
      let type ← mkForallFVars binders t.conclusion
      if unwanted l type then return none
      let names := binderNames type binders.size []
      let statement ← textOf (withNames type names)
      -- The old arguments: the hypothesis itself is proved from the new ones.
      let before := firstOf names i
      let after := behind names (i + hs.size)
      let tactic := "(by apply " ++ rule.name.toString ++ (if hs.size == 0 then ")" else " <;> assumption)")
      let old := "@" ++ t.name.toString ++ argumentsText before 1000000 "" ++ " " ++ tactic ++ argumentsText after 1000000 ""
        return some { rule := rule.name, form := "apply", statement, proof := introduction names ++ "  exact " ++ old }

/-- What is still to be found of one theorem. -/
structure Quest where
  tries : Nat
  most : Nat
  found : List Mutation := []
  count : Nat := 0

def attempted (q : Quest) (x : MetaM (Option Mutation)) : MetaM Quest := do
  let q := { q with tries := q.tries - 1 }
  let r ← try x catch _ => pure none
  match r with
  | none => return q
  | some m => return { q with found := m :: q.found, count := q.count + 1 }

/-- Try rules from place `from` on, round, at most `left` of them. -/
partial def tryRules (q : Quest) (self : Name) (rules : Array Rule) (place left : Nat) (most : Nat)
    (x : Rule → MetaM (Option Mutation)) : MetaM Quest := do
  if left == 0 || q.tries == 0 || q.count ≥ most then return q
  let place := if place < rules.size then place else 0
  if h : place < rules.size then
    let rule := rules[place]
    let q ← if rule.name == self then pure q else attempted q (x rule)
    tryRules q self rules (place+1) (left-1) most x
  else return q

/-- Where to begin among many rules: spread over the library, and the same in every run. -/
def placeOf (t : Name) (c : Name) (size : Nat) : Nat :=
  if size == 0 then 0 else (mixHash t.hash c.hash).toNat % size

partial def rewriteWith (q : Quest) (l : Library) (t : Target) (constants : Array Name) (i : Nat) (each most : Nat)
    (x : Rule → MetaM (Option Mutation)) : MetaM Quest := do
  if h : i < constants.size then
    let c := constants[i]
    let rules := rulesFor l.rewrites c
    let q ← tryRules q t.name rules (placeOf t.name c rules.size) (min each rules.size) most x
    rewriteWith q l t constants (i+1) each most x
  else return q

partial def hypotheses (q : Quest) (l : Library) (t : Target) (i : Nat) (rw ap : Bool) (tries most : Nat) : MetaM Quest := do
  if h : i < t.binders.size then
    let x := t.binders[i]
    let a ← inferType x
    if !(← isProp a) || (← usedLater t x (i+1)) then hypotheses q l t (i+1) rw ap tries most else
    let q ← if rw then
        rewriteWith { q with tries, count := 0 } l t a.getUsedConstants 0 (tries / 4 + 1) most (hypothesisMutation l t i a)
      else pure q
    let q ← if ap then
        match headOf a with
        | some c =>
          let rules := rulesFor l.implications c
          tryRules { q with tries, count := 0 } t.name rules (placeOf t.name c rules.size) (min tries rules.size) most
            (applyMutation l t i a)
        | none => pure q
      else pure q
    hypotheses q l t (i+1) rw ap tries most
  else return q

def mutationsOf (l : Library) (n : Name) (tries most : Nat) (rw ap : Bool) : MetaM (List Mutation) := do
  match l.env.find? n with
  | none => return []
  | some c => opened c.type #[] fun binders conclusion => do
    let t : Target := { name := n, binders, conclusion }
    let q : Quest := { tries, most }
    let q ← if rw then
        rewriteWith q l t conclusion.getUsedConstants 0 (tries / 4 + 1) most (conclusionMutation l t)
      else pure q
    let q ← hypotheses q l t 0 rw ap tries most
    return q.found

/-! ### The loop -/

def universes (l : Library) (n : Name) : String :=
  match l.env.find? n with
  | some c => match c.levelParams with
    | [] => ""
    | ps => ".{" ++ joined ps ", " ++ "}"
  | none => ""

def runMeta (env : Environment) (x : MetaM (List Mutation)) : IO (List Mutation) := do
  let beats ← IO.getNumHeartbeats
  let ctx : Core.Context :=
    { fileName := "<library>", fileMap := "".toFileMap, options := {}, maxHeartbeats := 20000000, initHeartbeats := beats }
  let (found, _) ← (x.run').toIO ctx { env }
  return found

partial def listJson (l : List Mutation) (acc : String) : String :=
  match l with
  | [] => acc
  | m :: r => listJson r (mutationJson m ++ (if acc == "" then "" else "," ++ acc))

partial def mutateRange (l : Library) (i stop tries most : Nat) (rw ap : Bool) (acc : String) : IO String := do
  if i ≥ stop then return acc
  if h : i < l.theorems.size then
    let n := l.theorems[i]
    let found ← try runMeta l.env (mutationsOf l n tries most rw ap) catch _ => pure []
    let text := "{\"name\":" ++ strJson n.toString ++ ",\"universes\":" ++ strJson (universes l n) ++ ",\"mutations\":["
      ++ listJson found "" ++ "]}"
    mutateRange l (i+1) stop tries most rw ap (if acc == "" then text else acc ++ "," ++ text)
  else return acc

partial def serve (inp out : IO.FS.Stream) (l : Library) : IO Unit := do
  let line ← inp.getLine
  if line == "" then return ()
  match Json.parse line with
  | .ok j =>
    let start := numberField j "start"
    let mode := stringField j "mode"
    let text ← mutateRange l start (start + numberField j "count") (numberField j "tries") (numberField j "most")
      (mode != "apply") (mode != "rw") ""
    out.putStr ("@@{\"id\":" ++ (field j "id").compress ++ ",\"targets\":[" ++ text ++ "]}\n")
    out.flush
  | .error e => throw (IO.userError e)
  serve inp out l

public def main (_ : List String) : IO Unit := do
  let inp ← IO.getStdin
  let out ← IO.getStdout
  let _ ← inp.getLine
  let env ← importModules #[{ module := `Init }] {} (leakEnv := true) (loadExts := true) (level := .exported)
  let l := addModules { env } env.header.moduleData 0
  out.putStr ("@@{\"ready\":true,\"version\":" ++ strJson Lean.versionString ++ ",\"theorems\":"
    ++ Nat.repr l.theorems.size ++ "}\n")
  out.flush
  serve inp out l
