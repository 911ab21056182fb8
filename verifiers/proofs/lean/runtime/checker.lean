/-
The two roles of a Lean worker, run by `lean --run`: by the embedded Lean under `runner.js`, or by an installed one.
JSON lines in, lines `@@{...}` out.

First line in: {"role": "elaborate" or "judge", "imports": ["Init", ...], "bytes": 0 or 1}.
First line out: {"ready": true, "import_ms": n, "version": "4.x"}, or {"ready": false, "reason"} if there are no such modules.

elaborate: runs what candidates wrote. Nothing that this process says is believed.
  in   {"id", "header", "name", "code", "maxHeartbeats", "steps"?: 1, "command"?: 1}
  out  {"id", "status", "reason", "ms", "messages", "steps"?, "axioms"?, "export"?}
       steps: goals before and after each tactic, [kind, first byte, last byte, [goals], [goals]]; asked for by "steps"
       status  proved     no error message, and the theorem is there; the declarations that the proof needs beyond library
                          and header, dependencies first: `export` is the address of an array of `Item`, or, with
                          "bytes": 1 in the first line, "bytes": n is in the answer and so many bytes follow it
               errors     there are error messages
               missing    the code does not declare a theorem of that name; `reason` says what it does instead
               header     the header has errors
       commands   "command" was asked for: the text was run behind a header that may have errors; `axioms` of `name`

judge: decides. It elaborates only what the problem's author wrote (header and statement); what comes from a candidate
arrives as plain bytes, is built up here as terms and handed to the kernel.
  in   {"id", "header", "statement", "name", "axioms", "maxHeartbeats", "bytes"}, then as many bytes (see `decode`)
  out  {"id", "status", "reason", "axioms", "ms"}
       status  accepted, rejected, timeout (the kernel's own limit), header, statement (has errors, or does not declare the
               name), known (bytes = 0: header and statement are good, nothing was judged)

Accepted means that the environment made of Init, the header, the statement's own auxiliary definitions and the
candidate's declarations, each checked by the kernel here, holds a theorem of the given name, of exactly the type and
universe parameters of the trusted statement (metadata apart), and that its axioms are among the allowed ones.

Style: this file is interpreted, and the shipped library lacks the specialised helpers of many generic functions
("Unknown constant `X._redArg`"). Hence the plain recursions instead of `for`, `List.map`, hash maps and string building.
-/
import Lean.Elab.Frontend
open Lean

/-! ### Elaboration -/

abbrev CmdState := Lean.Elab.Command.State

/-- `Parser.mkInputContext` lacks an exported helper, so the structure is built directly. -/
def inputOf (s : String) : Parser.InputContext :=
  { inputString := s, fileName := "<candidate>", fileMap := s.toFileMap, endPos := s.rawEndPos, endPos_valid := by simp }

/-- Elaborate `text` starting from `st`. States are values: `st` itself is not changed. -/
def elaborate (st : CmdState) (text : String) : IO CmdState := do
  let r ← Lean.Elab.IO.processCommands (inputOf text) {} { st with messages := {} }
  return r.commandState

/-- The namespace that the header leaves open. -/
def namespaceOf (st : CmdState) : Name :=
  match st.scopes with
  | s :: _ => s.currNamespace
  | [] => .anonymous

/-! ### Messages -/

partial def pushArray (a : Array Message) (i : Nat) (acc : List Message) : List Message :=
  if h : i < a.size then pushArray a (i+1) (a[i] :: acc) else acc

mutual
partial def pushNode (t : PersistentArrayNode Message) (acc : List Message) : List Message :=
  match t with
  | .leaf vs => pushArray vs 0 acc
  | .node cs => pushNodes cs 0 acc
partial def pushNodes (cs : Array (PersistentArrayNode Message)) (i : Nat) (acc : List Message) : List Message :=
  if h : i < cs.size then pushNodes cs (i+1) (pushNode cs[i] acc) else acc
end

/-- All messages, newest first. -/
def newestFirst (log : MessageLog) : List Message :=
  let add (t : PersistentArray Message) (acc : List Message) := pushArray t.tail 0 (pushNode t.root acc)
  add log.unreported (add log.reported [])

partial def oldestFirst (l acc : List Message) : List Message :=
  match l with
  | [] => acc
  | m :: r => oldestFirst r (m :: acc)

/-- JSON of the first `left` messages; the bound keeps a chatty candidate from producing huge answers.
Lean logs some messages twice in a row; one copy is enough. -/
partial def messagesJson (l : List Message) (left : Nat) (prev acc : String) : IO String :=
  match l with
  | [] => pure acc
  | m :: r => if left == 0 then pure acc else do
    let text := (← m.toJson).compress
    if text == prev then messagesJson r left prev acc
    else messagesJson r (left - 1) text (if acc == "" then text else acc ++ "," ++ text)

/-! ### Names and declarations -/

/-- Imported theorems come without proofs and look like axioms; their original kind tells the two apart. -/
def isRealAxiom (env : Environment) (n : Name) : Bool :=
  match getOriginalConstKind? env n with
  | some .axiom => true
  | _ => false

/-- In a `module`, declarations are private unless marked, so a name is looked up in both forms. -/
def findDecl (env : Environment) (n : Name) : Option (Name × ConstantInfo) :=
  match env.find? n with
  | some c => some (n, c)
  | none =>
    let p := mkPrivateName env n
    match env.find? p with
    | some c => some (p, c)
    | none => none

partial def member (x : Name) (l : List Name) : Bool :=
  match l with
  | [] => false
  | y :: r => x == y || member x r

/-- A declaration on its way from the elaborating to the judging process.
kind 0: axiom; 1: theorem; 2: definition; 3: opaque; 4: inductive type, with `number` parameters;
5: inductive type of the same mutual block as the one before.
For a definition `number` is its reducibility: 0 opaque, 1 abbreviation, 2 + height otherwise. -/
structure Item where
  kind : Nat
  name : Name
  params : List Name
  type : Expr
  value : Expr
  number : Nat
  ctors : List (Name × Expr)

/-! ### Elaborating process: the declarations that a proof needs -/

structure Gathered where
  items : Array Item := #[]
  seen : NameSet := {}
  failure : String := ""

def failed (s : Gathered) (why : String) (n : Name) : Gathered :=
  if s.failure == "" then { s with failure := why ++ " " ++ n.toString } else s

def emit (s : Gathered) (item : Item) : Gathered := { s with items := s.items.push item }

def noValue : Expr := .sort .zero

def heightOf (h : ReducibilityHints) : Nat :=
  match h with
  | .opaque => 0
  | .abbrev => 1
  | .regular n => 2 + n.toNat

def ctorTypes (cand : Environment) (names : List Name) : List (Name × Expr) :=
  match names with
  | [] => []
  | n :: r => match cand.find? n with
    | some c => (n, c.type) :: ctorTypes cand r
    | none => ctorTypes cand r

def emitBlock (cand : Environment) (s : Gathered) (kind : Nat) (names : List Name) : Gathered :=
  match names with
  | [] => s
  | n :: r => match cand.find? n with
    | some (.inductInfo v) =>
      let item := { kind, name := n, params := v.levelParams, type := v.type, value := noValue, number := v.numParams,
                    ctors := ctorTypes cand v.ctors : Item }
      emitBlock cand (emit s item) 5 r
    | _ => failed s "malformed inductive type" n

partial def markSeen (s : Gathered) (names : List Name) : Gathered :=
  match names with
  | [] => s
  | n :: r => markSeen { s with seen := s.seen.insert n } r

/- `gather base cand s n`: `n` and all it depends on, unless the library or the header has it, dependencies first. -/
mutual
partial def gather (base cand : Environment) (s : Gathered) (n : Name) : Gathered :=
  if s.failure != "" || s.seen.contains n then s else
  let s := { s with seen := s.seen.insert n }
  match base.find? n with
  | some _ => s
  | none => match cand.find? n with
    | none => failed s "unknown constant" n
    | some c => gatherNew base cand s n c

partial def gatherNew (base cand : Environment) (s : Gathered) (n : Name) (c : ConstantInfo) : Gathered :=
  match c with
  | .axiomInfo v =>
    emit (gatherExpr base cand s v.type) { kind := 0, name := n, params := v.levelParams, type := v.type, value := noValue, number := 0, ctors := [] }
  | .thmInfo v =>
    let s := gatherExpr base cand (gatherExpr base cand s v.type) v.value
    emit s { kind := 1, name := n, params := v.levelParams, type := v.type, value := v.value, number := 0, ctors := [] }
  | .defnInfo v =>
    match v.safety with
    | .safe =>
      let s := gatherExpr base cand (gatherExpr base cand s v.type) v.value
      emit s { kind := 2, name := n, params := v.levelParams, type := v.type, value := v.value, number := heightOf v.hints, ctors := [] }
    | _ => failed s "unsafe or partial definition" n
  | .opaqueInfo v =>
    if v.isUnsafe then failed s "unsafe constant" n else
    let s := gatherExpr base cand (gatherExpr base cand s v.type) v.value
    emit s { kind := 3, name := n, params := v.levelParams, type := v.type, value := v.value, number := 0, ctors := [] }
  | .inductInfo v =>
    if v.isUnsafe then failed s "unsafe inductive type" n else
    emitBlock cand (gatherBlock base cand (markSeen s v.all) v.all) 4 v.all
  | .ctorInfo v => gather base cand s v.induct
  | .recInfo v => gatherNames base cand s v.all
  | .quotInfo _ => failed s "unexpected quotient constant" n

partial def gatherBlock (base cand : Environment) (s : Gathered) (names : List Name) : Gathered :=
  match names with
  | [] => s
  | n :: r => match cand.find? n with
    | some (.inductInfo v) => gatherBlock base cand (gatherCtors base cand (gatherExpr base cand s v.type) v.ctors) r
    | _ => failed s "malformed inductive type" n

partial def gatherCtors (base cand : Environment) (s : Gathered) (names : List Name) : Gathered :=
  match names with
  | [] => s
  | n :: r => match cand.find? n with
    | some c => gatherCtors base cand (gatherExpr base cand s c.type) r
    | none => failed s "malformed inductive type" n

partial def gatherNames (base cand : Environment) (s : Gathered) (names : List Name) : Gathered :=
  match names with
  | [] => s
  | n :: r => gatherNames base cand (gather base cand s n) r

partial def gatherExpr (base cand : Environment) (s : Gathered) (e : Expr) : Gathered :=
  gatherUsed base cand s e.getUsedConstants 0

partial def gatherUsed (base cand : Environment) (s : Gathered) (a : Array Name) (i : Nat) : Gathered :=
  if h : i < a.size then gatherUsed base cand (gather base cand s a[i]) a (i+1) else s
end

/-! ### Elaborating process: declarations to bytes (see `decode`), where nothing reads them from memory

Numbers beyond three bytes are cut off; what is read then is another claim, which the kernel will not accept. -/

/-- Numbers of what has been written, found by hash. -/
structure Numbers (α : Type) where
  buckets : Array (List (α × Nat))
  count : Nat

def noNumbers (α : Type) (first : Nat) : Numbers α := { buckets := Array.replicate 4096 [], count := first }

partial def inBucket {α : Type} [BEq α] (x : α) (l : List (α × Nat)) : Option Nat :=
  match l with
  | [] => none
  | (y, n) :: r => if x == y then some n else inBucket x r

def numberOf? {α : Type} [BEq α] [Hashable α] (t : Numbers α) (x : α) : Option Nat :=
  let i := (hash x &&& 4095).toNat
  if h : i < t.buckets.size then inBucket x t.buckets[i] else none

def remember {α : Type} [BEq α] [Hashable α] (t : Numbers α) (x : α) (number count : Nat) : Numbers α :=
  match t with
  | { buckets, .. } =>
    let i := (hash x &&& 4095).toNat
    if h : i < buckets.size then
      let bucket := buckets[i]
      { buckets := buckets.set i ((x, number) :: bucket) h, count }
    else { buckets, count }

structure Writer where
  data : ByteArray := ByteArray.empty
  names : Numbers Name := noNumbers Name 1
  levels : Numbers Level := noNumbers Level 1
  exprs : Numbers Expr := noNumbers Expr 0
  failure : String := ""

def pushWord (d : ByteArray) (n : Nat) : ByteArray :=
  ((d.push n.toUInt8).push (n / 256).toUInt8).push (n / 65536).toUInt8

partial def pushWords (d : ByteArray) (l : List Nat) : ByteArray :=
  match l with
  | [] => d
  | n :: r => pushWords (pushWord d n) r

def pushRecord (d : ByteArray) (tag : UInt8) (words : List Nat) : ByteArray := pushWords (d.push tag) words

def pushText (d : ByteArray) (text : String) : ByteArray :=
  let bytes := text.toUTF8
  pushWord d bytes.size ++ bytes

def failedWriter (w : Writer) (why : String) : Writer := { w with failure := why }

def newName (w : Writer) (n : Name) (tag : UInt8) (parent : Nat) (text : String) : Writer × Nat :=
  match w with
  | { data, names, levels, exprs, failure } =>
    let number := names.count
    ({ data := pushText (pushRecord data tag [parent]) text, names := remember names n number (number + 1), levels, exprs, failure }, number)

partial def putName (w : Writer) (n : Name) : Writer × Nat :=
  match numberOf? w.names n with
  | some number => (w, number)
  | none => match n with
    | .anonymous => (w, 0)
    | .str p text => let (w, parent) := putName w p
      newName w n 1 parent text
    | .num p number => let (w, parent) := putName w p
      newName w n 2 parent (Nat.repr number)

def newLevel (w : Writer) (l : Level) (tag : UInt8) (words : List Nat) : Writer × Nat :=
  match w with
  | { data, names, levels, exprs, failure } =>
    let number := levels.count
    ({ data := pushRecord data tag words, names, levels := remember levels l number (number + 1), exprs, failure }, number)

partial def putLevel (w : Writer) (l : Level) : Writer × Nat :=
  match numberOf? w.levels l with
  | some number => (w, number)
  | none => match l with
    | .zero => (w, 0)
    | .succ a => let (w, i) := putLevel w a
      newLevel w l 10 [i]
    | .max a b => let (w, i) := putLevel w a
      let (w, j) := putLevel w b
      newLevel w l 11 [i, j]
    | .imax a b => let (w, i) := putLevel w a
      let (w, j) := putLevel w b
      newLevel w l 12 [i, j]
    | .param n => let (w, i) := putName w n
      newLevel w l 13 [i]
    | .mvar _ => (failedWriter w "export: universe metavariable", 0)

partial def putLevels (w : Writer) (l : List Level) : Writer × List Nat :=
  match l with
  | [] => (w, [])
  | a :: r => let (w, i) := putLevel w a
    let (w, rest) := putLevels w r
    (w, i :: rest)

partial def putNames (w : Writer) (l : List Name) : Writer × List Nat :=
  match l with
  | [] => (w, [])
  | a :: r => let (w, i) := putName w a
    let (w, rest) := putNames w r
    (w, i :: rest)

partial def countOf (l : List Nat) (acc : Nat) : Nat :=
  match l with
  | [] => acc
  | _ :: r => countOf r (acc + 1)

def exprNumber (w : Writer) (e : Expr) : Nat :=
  match numberOf? w.exprs e with
  | some n => n
  | none => 0

def newExpr (w : Writer) (e : Expr) (tag : UInt8) (words : List Nat) : Writer :=
  match w with
  | { data, names, levels, exprs, failure } =>
    let number := exprs.count
    { data := pushRecord data tag words, names, levels, exprs := remember exprs e number (number + 1), failure }

def newLiteral (w : Writer) (e : Expr) (tag : UInt8) (text : String) : Writer :=
  match w with
  | { data, names, levels, exprs, failure } =>
    let number := exprs.count
    { data := pushText (data.push tag) text, names, levels, exprs := remember exprs e number (number + 1), failure }

/-- A term without a record of its own: metadata says nothing about what is proved. -/
def sameExpr (w : Writer) (e inner : Expr) : Writer :=
  let number := exprNumber w inner
  match w with
  | { data, names, levels, exprs, failure } =>
    let count := exprs.count
    { data, names, levels, exprs := remember exprs e number count, failure }

/-- Write a term whose parts have been written. -/
def putNode (w : Writer) (e : Expr) : Writer :=
  match e with
  | .app f a => newExpr w e 23 [exprNumber w f, exprNumber w a]
  | .const n us =>
    let (w, name) := putName w n
    let (w, levels) := putLevels w us
    newExpr w e 22 (name :: countOf levels 0 :: levels)
  | .bvar i => newExpr w e 20 [i]
  | .lam _ t b _ => newExpr w e 24 [exprNumber w t, exprNumber w b]
  | .forallE _ t b _ => newExpr w e 25 [exprNumber w t, exprNumber w b]
  | .letE _ t v b _ => newExpr w e 26 [exprNumber w t, exprNumber w v, exprNumber w b]
  | .lit (.natVal n) => newLiteral w e 27 (Nat.repr n)
  | .lit (.strVal s) => newLiteral w e 28 s
  | .proj n i b =>
    let (w, name) := putName w n
    newExpr w e 29 [name, i, exprNumber w b]
  | .sort u =>
    let (w, level) := putLevel w u
    newExpr w e 21 [level]
  | .mdata _ b => sameExpr w e b
  | .fvar _ => failedWriter w "export: free variable"
  | .mvar _ => failedWriter w "export: metavariable"

def unlessWritten (w : Writer) (e : Expr) (l : List Expr) : List Expr :=
  match numberOf? w.exprs e with
  | some _ => l
  | none => e :: l

def unwrittenParts (w : Writer) (e : Expr) (l : List Expr) : List Expr :=
  match e with
  | .app f a => unlessWritten w f (unlessWritten w a l)
  | .lam _ t b _ => unlessWritten w t (unlessWritten w b l)
  | .forallE _ t b _ => unlessWritten w t (unlessWritten w b l)
  | .letE _ t v b _ => unlessWritten w t (unlessWritten w v (unlessWritten w b l))
  | .proj _ _ b => unlessWritten w b l
  | .mdata _ b => unlessWritten w b l
  | _ => l

/-- Proof terms are deep, so what is left to write is a list: first the parts, then the term itself. -/
partial def putExprs (w : Writer) (pending : List Expr) : Writer :=
  match pending with
  | [] => w
  | e :: rest =>
    match numberOf? w.exprs e with
    | some _ => putExprs w rest
    | none =>
      match unwrittenParts w e [] with
      | [] =>
        let w := putNode w e
        if w.failure == "" then putExprs w rest else w
      | [a] => putExprs w (a :: pending)
      | [a, b] => putExprs w (a :: b :: pending)
      | a :: b :: c :: _ => putExprs w (a :: b :: c :: pending)

partial def putCtors (w : Writer) (l : List (Name × Expr)) : Writer × List Nat :=
  match l with
  | [] => (w, [])
  | (n, type) :: r =>
    let (w, name) := putName (putExprs w [type]) n
    let number := exprNumber w type
    let (w, rest) := putCtors w r
    (w, name :: number :: rest)

def concat (a b : List Nat) : List Nat :=
  match a with
  | [] => b
  | n :: r => n :: concat r b

def putItem (w : Writer) (i : Item) : Writer :=
  let w := putExprs w [i.type, i.value]
  let (w, ctors) := putCtors w i.ctors
  let (w, name) := putName w i.name
  let (w, params) := putNames w i.params
  let words := concat params (exprNumber w i.type :: exprNumber w i.value :: i.number :: countOf ctors 0 / 2 :: ctors)
  match w with
  | { data, names, levels, exprs, failure } =>
    { data := pushRecord data 40 (i.kind :: name :: countOf params 0 :: words), names, levels, exprs, failure }

partial def putItems (w : Writer) (a : Array Item) (i : Nat) : Writer :=
  if h : i < a.size then
    let w := putItem w a[i]
    if w.failure == "" then putItems w a (i+1) else w
  else w

/-- Why they cannot be written, and their bytes. -/
def bytesOf (items : Array Item) : String × ByteArray :=
  let w := putItems {} items 0
  if w.failure == "" then ("", w.data.push 63) else (w.failure, ByteArray.empty)

/-! ### Judging process: bytes to declarations

A sequence of records, each a tag and then words (three bytes, low byte first). Names, levels and terms are numbered in
their order; name 0 is the anonymous one, level 0 is zero. An index that points nowhere gives a default term: whatever
comes out of here is nothing but a claim that the kernel will check. -/

def wordAt (d : ByteArray) (p : Nat) : Nat := (d.get! p).toNat + 256 * (d.get! (p+1)).toNat + 65536 * (d.get! (p+2)).toNat

def textAt (d : ByteArray) (p size : Nat) : String :=
  match String.fromUTF8? (d.extract p (p + size)) with
  | some s => s
  | none => ""

def naturalAt (d : ByteArray) (p size : Nat) : Nat :=
  match (textAt d p size).toNat? with
  | some n => n
  | none => 0

def nameNo (a : Array Name) (i : Nat) : Name := if h : i < a.size then a[i] else .anonymous
def levelNo (a : Array Level) (i : Nat) : Level := if h : i < a.size then a[i] else .zero
def exprNo (a : Array Expr) (i : Nat) : Expr := if h : i < a.size then a[i] else noValue

partial def levelsAt (d : ByteArray) (levels : Array Level) (p count : Nat) : List Level :=
  if count == 0 then [] else levelNo levels (wordAt d p) :: levelsAt d levels (p+3) (count-1)

partial def namesAt (d : ByteArray) (names : Array Name) (p count : Nat) : List Name :=
  if count == 0 then [] else nameNo names (wordAt d p) :: namesAt d names (p+3) (count-1)

partial def ctorsAt (d : ByteArray) (names : Array Name) (exprs : Array Expr) (p count : Nat) : List (Name × Expr) :=
  if count == 0 then [] else
  (nameNo names (wordAt d p), exprNo exprs (wordAt d (p+3))) :: ctorsAt d names exprs (p+6) (count-1)

def variable? (i : Nat) : Expr := if i < 1000000 then .bvar i else noValue

/-- The items, last one first. -/
partial def decode (d : ByteArray) (p : Nat) (names : Array Name) (levels : Array Level) (exprs : Array Expr)
    (items : List Item) : List Item :=
  if p ≥ d.size then items else
  let w (k : Nat) : Nat := wordAt d (p + 1 + 3 * k)
  match (d.get! p).toNat with
  | 23 => decode d (p+7) names levels (exprs.push (.app (exprNo exprs (w 0)) (exprNo exprs (w 1)))) items
  | 22 => let c := w 1
    decode d (p+7+3*c) names levels (exprs.push (.const (nameNo names (w 0)) (levelsAt d levels (p+7) c))) items
  | 20 => decode d (p+4) names levels (exprs.push (variable? (w 0))) items
  | 24 => decode d (p+7) names levels (exprs.push (.lam `x (exprNo exprs (w 0)) (exprNo exprs (w 1)) .default)) items
  | 25 => decode d (p+7) names levels (exprs.push (.forallE `x (exprNo exprs (w 0)) (exprNo exprs (w 1)) .default)) items
  | 26 => decode d (p+10) names levels
      (exprs.push (.letE `x (exprNo exprs (w 0)) (exprNo exprs (w 1)) (exprNo exprs (w 2)) false)) items
  | 27 => let c := w 0
    decode d (p+4+c) names levels (exprs.push (.lit (.natVal (naturalAt d (p+4) c)))) items
  | 28 => let c := w 0
    decode d (p+4+c) names levels (exprs.push (.lit (.strVal (textAt d (p+4) c)))) items
  | 29 => decode d (p+10) names levels (exprs.push (.proj (nameNo names (w 0)) (w 1) (exprNo exprs (w 2)))) items
  | 21 => decode d (p+4) names levels (exprs.push (.sort (levelNo levels (w 0)))) items
  | 1 => let c := w 1
    decode d (p+7+c) (names.push (.str (nameNo names (w 0)) (textAt d (p+7) c))) levels exprs items
  | 2 => let c := w 1
    decode d (p+7+c) (names.push (.num (nameNo names (w 0)) (naturalAt d (p+7) c))) levels exprs items
  | 10 => decode d (p+4) names (levels.push (.succ (levelNo levels (w 0)))) exprs items
  | 11 => decode d (p+7) names (levels.push (.max (levelNo levels (w 0)) (levelNo levels (w 1)))) exprs items
  | 12 => decode d (p+7) names (levels.push (.imax (levelNo levels (w 0)) (levelNo levels (w 1)))) exprs items
  | 13 => decode d (p+4) names (levels.push (.param (nameNo names (w 0)))) exprs items
  | 40 =>
    let c := w 2
    let q := p + 10 + 3 * c
    let k := wordAt d (q+9)
    let item := { kind := w 0, name := nameNo names (w 1), params := namesAt d names (p+10) c
                  type := exprNo exprs (wordAt d q), value := exprNo exprs (wordAt d (q+3))
                  number := wordAt d (q+6), ctors := ctorsAt d names exprs (q+12) k : Item }
    decode d (q + 12 + 6 * k) names levels exprs (item :: items)
  | _ => items

def itemsOf (d : ByteArray) : List Item := decode d 0 #[.anonymous] #[.zero] #[] []

/-! ### Judging process: the kernel -/

/-- Progress of a judgement: the trusted environment grows, `failure` is empty while all is well. -/
structure Replay where
  env : Environment
  beats : USize
  failure : String := ""
  timeout : Bool := false

def fail (s : Replay) (why : String) (n : Name) : Replay :=
  if s.failure == "" then { s with failure := why ++ " " ++ n.toString } else s

/-- Ask the kernel of this process to add `d`. -/
def kernelAdd (s : Replay) (d : Declaration) (n : Name) : Replay :=
  if s.failure != "" then s else
  match s.env.addDeclCore s.beats d none with
  | .ok env => { s with env := env }
  | .error .deterministicTimeout => { fail s "the kernel ran out of heartbeats at" n with timeout := true }
  | .error .deepRecursion => { fail s "the kernel recursed too deeply at" n with timeout := true }
  | .error (.unknownConstant _ c) => fail s ("the kernel does not know " ++ c.toString ++ ", used by") n
  | .error _ => fail s "the kernel rejects" n

def constructors (l : List (Name × Expr)) : List Constructor :=
  match l with
  | [] => []
  | (name, type) :: r => { name, type } :: constructors r

def hintsOf (n : Nat) : ReducibilityHints :=
  if n == 0 then .opaque else if n == 1 then .abbrev else .regular (n - 2).toUInt32

/-- Constants that stand for an evaluation by compiled code. -/
partial def trustsCompiler (a : Array Name) (i : Nat) : Bool :=
  if h : i < a.size then
    a[i] == `Lean.reduceBool || a[i] == `Lean.reduceNat || a[i] == `Lean.ofReduceBool || a[i] == `Lean.ofReduceNat
      || a[i] == `Lean.trustCompiler || trustsCompiler a (i+1)
  else false

partial def blockOf (l : List Item) : List InductiveType × List Item :=
  match l with
  | [] => ([], [])
  | i :: r => if i.kind == 5 then
      let (block, rest) := blockOf r
      ({ name := i.name, type := i.type, ctors := constructors i.ctors } :: block, rest)
    else ([], l)

/-- What is being proved. -/
structure Target where
  name : Name
  params : List Name
  type : Expr

def addItem (t : Target) (s : Replay) (i : Item) (block : List InductiveType) : Replay :=
  let base : ConstantVal := { name := i.name, levelParams := i.params, type := i.type }
  if trustsCompiler i.type.getUsedConstants 0 || trustsCompiler i.value.getUsedConstants 0 then
    fail s "compiled code is trusted by" i.name
  else if i.name == t.name then
    if i.kind != 1 then fail s "not a theorem:" i.name
    else if !(i.params == t.params && i.type == t.type) then fail s "a different statement is proved by" i.name
    else kernelAdd s (.thmDecl { name := t.name, levelParams := t.params, type := t.type, value := i.value }) i.name
  -- What library, header and statement declare comes from them and never from the candidate.
  else if (s.env.find? i.name).isSome then s
  else match i.kind with
    -- The header's axioms are there already; whatever else is called an axiom is the candidate's own.
    | 0 => fail s "the candidate declares the axiom" i.name
    | 1 => kernelAdd s (.thmDecl { base with value := i.value }) i.name
    | 2 => kernelAdd s (.defnDecl { base with value := i.value, hints := hintsOf i.number, safety := .safe }) i.name
    | 3 => kernelAdd s (.opaqueDecl { base with value := i.value, isUnsafe := false }) i.name
    | 4 =>
      let first : InductiveType := { name := i.name, type := i.type, ctors := constructors i.ctors }
      kernelAdd s (.inductDecl i.params i.number (first :: block) false) i.name
    | _ => fail s "malformed declaration" i.name

partial def addItems (t : Target) (s : Replay) (l : List Item) : Replay :=
  if s.failure != "" then s else
  match l with
  | [] => s
  | i :: r =>
    let (block, rest) := blockOf r
    if i.kind == 4 then addItems t (addItem t s i block) rest
    else addItems t (addItem t s i []) r

partial def reverseItems (l acc : List Item) : List Item :=
  match l with
  | [] => acc
  | i :: r => reverseItems r (i :: acc)

/-- Metadata of elaboration is no part of a statement, nor is the mark of a `let` that may be read as `have`, which
elaboration sets and `decode` does not: to the kernel both are one. -/
partial def withoutMetadata (e : Expr) : Expr :=
  e.replace fun
    | .mdata _ b => some (withoutMetadata b)
    | .letE n t v b true => some (.letE n (withoutMetadata t) (withoutMetadata v) (withoutMetadata b) false)
    | _ => none

/-! ### Judging process: axioms, in the trusted environment -/

/-- Libraries that are trusted as a whole. What other imported modules declare is looked through. -/
def libraries : List Name :=
  [`Init, `Std, `Lean, `Lake, `Mathlib, `Batteries, `Aesop, `Qq, `Plausible, `ProofWidgets, `ImportGraph,
   `LeanSearchClient, `Cli]

def rootOf (n : Name) : Name :=
  match n with
  | .anonymous => n
  | .str .anonymous _ => n
  | .num .anonymous _ => n
  | .str p _ => rootOf p
  | .num p _ => rootOf p

def ofLibrary (env : Environment) (n : Name) : Bool :=
  match env.getModuleIdxFor? n with
  | none => false
  | some index =>
    let i := index.toNat
    if h : i < env.header.moduleNames.size then member (rootOf env.header.moduleNames[i]) libraries else false

structure Used where
  seen : NameSet := {}
  axioms : List Name := []

mutual
partial def axiomsOf (env : Environment) (s : Used) (n : Name) : Used :=
  if s.seen.contains n then s else
  let s := { s with seen := s.seen.insert n }
  if ofLibrary env n then
    if isRealAxiom env n then { s with axioms := n :: s.axioms } else s
  else match env.find? n with
    | none => s
    | some c =>
      let s := axiomsOfExpr env s c.type
      match c with
      | .axiomInfo v => { s with axioms := v.name :: s.axioms }
      | .thmInfo v => axiomsOfExpr env s v.value
      | .defnInfo v => axiomsOfExpr env s v.value
      | .opaqueInfo v => axiomsOfExpr env s v.value
      | .inductInfo v => axiomsOfNames env s v.ctors
      | .ctorInfo v => axiomsOf env s v.induct
      | .recInfo v => axiomsOfNames env s v.all
      | .quotInfo _ => s

partial def axiomsOfNames (env : Environment) (s : Used) (names : List Name) : Used :=
  match names with
  | [] => s
  | n :: r => axiomsOfNames env (axiomsOf env s n) r

partial def axiomsOfExpr (env : Environment) (s : Used) (e : Expr) : Used :=
  axiomsOfArray env s e.getUsedConstants 0

partial def axiomsOfArray (env : Environment) (s : Used) (a : Array Name) (i : Nat) : Used :=
  if h : i < a.size then axiomsOfArray env (axiomsOf env s a[i]) a (i+1) else s
end

/-! ### Elaborating process: goals before and after each tactic -/

/-- Bytes of a piece of syntax that the text itself holds (not a macro's). -/
def originalRange (stx : Syntax) : Option (Nat × Nat) :=
  match stx.getHeadInfo with
  | .original .. => match stx.getPos?, stx.getTailPos? with
    | some a, some b => some (a.byteIdx, b.byteIdx)
    | _, _ => none
  | _ => none

partial def goalsJson (ctx : Elab.ContextInfo) (l : List MVarId) (acc : String) : IO String :=
  match l with
  | [] => pure ("[" ++ acc ++ "]")
  | g :: r => do
    let format ← ctx.ppGoals [g]
    let text := (Json.str format.pretty).compress
    goalsJson ctx r (if acc == "" then text else acc ++ "," ++ text)

structure Seen where
  steps : String := ""
  count : Nat := 0

def record (s : Seen) (kind : String) (range : Nat × Nat) (before after : String) : Seen :=
  let step := "[" ++ (Json.str kind).compress ++ "," ++ Nat.repr range.1 ++ "," ++ Nat.repr range.2 ++ "," ++ before ++ "," ++ after ++ "]"
  { steps := if s.steps == "" then step else s.steps ++ "," ++ step, count := s.count + 1 }

def mostSteps : Nat := 1000

def seeInfo (ctx : Elab.ContextInfo) (i : Elab.Info) (s : Seen) : IO Seen :=
  if s.count ≥ mostSteps then pure s else
  match i with
  | .ofTacticInfo t => match originalRange t.stx with
    | none => pure s
    | some range => do
      let before ← goalsJson { ctx with mctx := t.mctxBefore } t.goalsBefore ""
      let after ← goalsJson { ctx with mctx := t.mctxAfter } t.goalsAfter ""
      return record s t.stx.getKind.toString range before after
  | .ofTermInfo t => match originalRange t.stx, t.expectedType? with
    | some range, some type =>
      if t.stx.getKind == `Lean.Parser.Term.sorry then do
        let goal : MVarId := { name := `goal }
        let mctx := ctx.mctx.addExprMVarDecl goal .anonymous t.lctx #[] type
        let goals ← goalsJson { ctx with mctx } [goal] ""
        return record s "Lean.Parser.Term.sorry" range goals "[]"
      else pure s
    | _, _ => pure s
  | _ => pure s

mutual
partial def seeTree (t : Elab.InfoTree) (ctx : Option Elab.ContextInfo) (s : Seen) : IO Seen :=
  match t with
  | .context c t => seeTree t (c.mergeIntoOuter? ctx) s
  | .hole _ => pure s
  | .node i children => do
    let s ← match ctx with
      | some c => seeInfo c i s
      | none => pure s
    let s ← seeNode children.root ctx s
    seeArray children.tail 0 ctx s
partial def seeNode (t : PersistentArrayNode Elab.InfoTree) (ctx : Option Elab.ContextInfo) (s : Seen) : IO Seen :=
  match t with
  | .leaf vs => seeArray vs 0 ctx s
  | .node cs => seeNodes cs 0 ctx s
partial def seeNodes (cs : Array (PersistentArrayNode Elab.InfoTree)) (i : Nat) (ctx : Option Elab.ContextInfo) (s : Seen) : IO Seen :=
  if h : i < cs.size then do
    let s ← seeNode cs[i] ctx s
    seeNodes cs (i+1) ctx s
  else pure s
partial def seeArray (a : Array Elab.InfoTree) (i : Nat) (ctx : Option Elab.ContextInfo) (s : Seen) : IO Seen :=
  if h : i < a.size then do
    let s ← seeTree a[i] ctx s
    seeArray a (i+1) ctx s
  else pure s
end

def stepsOf (st : CmdState) : IO String := do
  let trees := st.infoState.trees
  let s ← seeNode trees.root none {}
  let s ← seeArray trees.tail 0 none s
  return s.steps

/-- A state whose tactics leave a record. -/
def watched (st : CmdState) : CmdState := { st with infoState := { enabled := true } }

/-! ### Requests and answers -/

structure Request where
  id : Json
  header : String
  statement : String
  name : Name
  code : String
  beats : Nat
  allowed : List Name
  bytes : Nat
  steps : Bool
  command : Bool

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

partial def namesOf (a : Array Json) (i : Nat) : List Name :=
  if h : i < a.size then
    match a[i] with
    | .str s => s.toName :: namesOf a (i+1)
    | _ => namesOf a (i+1)
  else []

def parseRequest (j : Json) : Request :=
  { id := field j "id", header := stringField j "header", statement := stringField j "statement"
    name := (stringField j "name").toName, code := stringField j "code"
    beats := numberField j "maxHeartbeats"
    allowed := match field j "axioms" with
      | .arr a => namesOf a 0
      | _ => []
    bytes := numberField j "bytes"
    steps := numberField j "steps" == 1
    command := numberField j "command" == 1 }

/-- The axioms that are not allowed. -/
partial def badAxioms (l allowed : List Name) : List Name :=
  match l with
  | [] => []
  | n :: r => if member n allowed then badAxioms r allowed else n :: badAxioms r allowed

partial def namesJson (l : List Name) (acc : String) : String :=
  match l with
  | [] => acc
  | n :: r => namesJson r ((Json.str n.toString).compress ++ (if acc == "" then "" else "," ++ acc))

def strJson (s : String) : String := (Json.str s).compress

/-- The last headers with the states after them: data sets tend to repeat one header many times. -/
structure Kept where
  header : String
  beats : Nat
  statement : String
  state : CmdState

partial def keptState (l : List Kept) (header : String) (beats : Nat) (statement : String) : Option CmdState :=
  match l with
  | [] => none
  | k :: r =>
    if k.beats == beats && k.header == header && k.statement == statement then some k.state
    else keptState r header beats statement

partial def firstOf (l : List Kept) (count : Nat) : List Kept :=
  match l with
  | [] => []
  | k :: r => if count == 0 then [] else k :: firstOf r (count - 1)

def keepAtMost : Nat := 16

/-- Nothing needs to run, and the shipped library lacks the compiled code of many functions: what cannot be compiled is
marked noncomputable instead of being an error, as in a `noncomputable section`. -/
def noncomputable? (st : CmdState) : CmdState :=
  match st.scopes with
  | s :: r => { st with scopes := { s with isNoncomputable := true } :: r }
  | [] => st

def afterHeader (init : Environment) (kept : List Kept) (rq : Request) : IO (CmdState × List Kept) := do
  match keptState kept rq.header rq.beats "" with
  | some st => return (st, kept)
  | none =>
    let o : Options := ({} : Options).setNat `maxHeartbeats rq.beats
    let st := noncomputable? (Lean.Elab.Command.mkState init {} o)
    let st ← if rq.header == "" then pure st else elaborate st rq.header
    return (st, { header := rq.header, beats := rq.beats, statement := "", state := st } :: firstOf kept keepAtMost)

def afterStatement (start : CmdState) (kept : List Kept) (rq : Request) : IO (CmdState × List Kept) := do
  match keptState kept rq.header rq.beats rq.statement with
  | some st => return (st, kept)
  | none =>
    let st ← elaborate start (rq.statement ++ " := by sorry")
    return (st, { header := rq.header, beats := rq.beats, statement := rq.statement, state := st } :: firstOf kept keepAtMost)

/-! ### Elaborating process -/

@[noinline] unsafe def addressOfUnsafe (items : Array Item) : USize := ptrAddrUnsafe items
@[implemented_by addressOfUnsafe] opaque addressOf (items : Array Item) : USize

def elaborateRequest (out : IO.FS.Stream) (bytes : Bool) (init : Environment) (kept : List Kept) (rq : Request) : IO (List Kept) := do
  let t0 ← IO.monoMsNow
  let (start, kept) ← afterHeader init kept rq
  let b0 ← IO.getNumHeartbeats
  let reply (status reason : String) (log : MessageLog) (items : Array Item) (steps : String := "") (more : String := "") : IO (List Kept) := do
    let (failure, data) := if bytes && items.size != 0 then bytesOf items else ("", ByteArray.empty)
    let (status, reason) := if failure == "" then (status, reason) else ("failed", failure)
    let messages ← messagesJson (oldestFirst (newestFirst log) []) 100 "" ""
    let b1 ← IO.getNumHeartbeats
    let t1 ← IO.monoMsNow
    -- The cell keeps the array alive until it has been read: its last use is behind the answer.
    let cell ← IO.mkRef items
    let export? := if items.size == 0 then "" else if bytes then ",\"bytes\":" ++ Nat.repr data.size else ",\"export\":" ++ Nat.repr (addressOf items).toNat
    out.putStr ("@@{\"id\":" ++ rq.id.compress ++ ",\"status\":" ++ strJson status ++ ",\"reason\":" ++ strJson reason
      ++ ",\"ms\":" ++ Nat.repr (t1 - t0) ++ ",\"messages\":[" ++ messages ++ "],\"beats\":" ++ Nat.repr (b1 - b0) ++ (if steps == "" then "" else ",\"steps\":[" ++ steps ++ "]") ++ more ++ export? ++ "}\n")
    if bytes then out.write data
    out.flush
    let read ← cell.get
    if read.size > 1000000000 then throw (IO.userError "too many declarations")
    return kept
  if rq.command then
    let after ← elaborate (if rq.steps then watched start else start) rq.code
    let steps ← if rq.steps then stepsOf after else pure ""
    let axioms := match findDecl after.env (namespaceOf after ++ rq.name) with
      | some (n, _) => ",\"axioms\":[" ++ namesJson (axiomsOf after.env {} n).axioms "" ++ "]"
      | none => ""
    return ← reply "commands" "" after.messages #[] steps axioms
  if start.messages.hasErrors then
    return ← reply "header" "the header has errors" start.messages #[]
  let cand ← elaborate (if rq.steps then watched start else start) rq.code
  let steps ← if rq.steps then stepsOf cand else pure ""
  if cand.messages.hasErrors then
    return ← reply "errors" "" cand.messages #[] steps
  match findDecl cand.env (namespaceOf start ++ rq.name) with
  | none => reply "missing" "the code does not declare a theorem of this name" cand.messages #[]
  | some (n, .thmInfo _) =>
    let s := gather start.env cand.env {} n
    if s.failure != "" then reply "missing" s.failure cand.messages #[] steps
    else reply "proved" "" cand.messages s.items steps
  | some (_, _) => reply "missing" "what the code declares under this name is not a theorem" cand.messages #[]

/-! ### Judging process -/

partial def readBytes (inp : IO.FS.Stream) (left : Nat) (acc : ByteArray) : IO ByteArray := do
  if left == 0 then return acc
  let part ← inp.read left.toUSize
  if part.size == 0 then return acc
  readBytes inp (left - part.size) (acc ++ part)

def judgeRequest (inp out : IO.FS.Stream) (init : Environment) (kept : List Kept) (rq : Request) : IO (List Kept) := do
  let t0 ← IO.monoMsNow
  let data ← readBytes inp rq.bytes ByteArray.empty
  let (start, kept) ← afterHeader init kept rq
  let reply (kept : List Kept) (status reason : String) (axioms : List Name) (log : MessageLog) : IO (List Kept) := do
    let messages ← messagesJson (oldestFirst (newestFirst log) []) 20 "" ""
    let t1 ← IO.monoMsNow
    out.putStr ("@@{\"id\":" ++ rq.id.compress ++ ",\"status\":" ++ strJson status ++ ",\"reason\":" ++ strJson reason
      ++ ",\"axioms\":[" ++ namesJson axioms "" ++ "],\"ms\":" ++ Nat.repr (t1 - t0) ++ ",\"messages\":[" ++ messages ++ "]}\n")
    out.flush
    return kept
  if start.messages.hasErrors then
    return ← reply kept "header" "the header has errors" [] start.messages
  let name := namespaceOf start ++ rq.name
  if (findDecl start.env name).isSome then
    return ← reply kept "statement" "the name is declared already" [] {}
  let (ref, kept) ← afterStatement start kept rq
  if ref.messages.hasErrors then
    return ← reply kept "statement" "the statement has errors" [] ref.messages
  match findDecl ref.env name with
  | some (n, .thmInfo r) =>
    if rq.bytes == 0 then return ← reply kept "known" "" [] {}
    let target : Target := { name := n, params := r.levelParams, type := withoutMetadata r.type }
    let beats := (min (rq.beats * 1000) 4000000000).toUSize
    -- The statement's auxiliary definitions (matchers, say) come from the trusted elaboration.
    let own := gatherExpr start.env ref.env {} r.type
    let s := addItems target { env := start.env, beats } own.items.toList
    let s := addItems target s (reverseItems (itemsOf data) [])
    if s.failure != "" then
      return ← reply kept (if s.timeout then "timeout" else "rejected") s.failure [] {}
    match s.env.find? n with
    | some (.thmInfo _) =>
      let axioms := (axiomsOf s.env {} n).axioms
      match badAxioms axioms rq.allowed with
      | [] => reply kept "accepted" "" axioms {}
      | bad :: _ => reply kept "rejected" ("the proof rests on the axiom " ++ bad.toString) axioms {}
    | _ => reply kept "rejected" "the theorem is not among what was sent" [] {}
  | _ => reply kept "statement" "the statement does not declare a theorem of this name" [] {}

/-! ### The loop -/

partial def serve (inp out : IO.FS.Stream) (judging bytes : Bool) (init : Environment) (kept : List Kept) : IO Unit := do
  let line ← inp.getLine
  if line == "" then return ()
  let kept ← (do
    match Json.parse line with
    | .ok j =>
      try
        if judging then judgeRequest inp out init kept (parseRequest j)
        else elaborateRequest out bytes init kept (parseRequest j)
      catch e =>
        out.putStr ("@@{\"id\":" ++ (field j "id").compress ++ ",\"status\":\"failed\",\"reason\":" ++ strJson e.toString ++ "}\n")
        out.flush
        pure kept
    | .error e => throw (IO.userError e))
  serve inp out judging bytes init kept

partial def importsOf (l : List Name) (acc : Array Import) : Array Import :=
  match l with
  | [] => acc
  | n :: r => importsOf r (acc.push { module := n })

/-- A toolchain that holds the private parts of its modules gives the environment of an ordinary file; the embedded Lean
has the exported parts alone. -/
def levelOfLibrary : IO OLeanLevel := do
  let file ← findOLean `Init
  if ← (file.withExtension "olean.private").pathExists then return .private else return .exported

/-- Modules may declare extensions of the language, whose initialisers run when they are imported. -/
unsafe def allowInitializersUnsafe : IO Unit := enableInitializersExecution
@[implemented_by allowInitializersUnsafe] opaque allowInitializers : IO Unit

public def main (_ : List String) : IO Unit := do
  let inp ← IO.getStdin
  let out ← IO.getStdout
  let first ← inp.getLine
  let order := match Json.parse first with
    | .ok j => j
    | .error _ => .null
  let imports := match field order "imports" with
    | .arr a => importsOf (namesOf a 0) #[]
    | _ => #[]
  let t0 ← IO.monoMsNow
  allowInitializers
  let found ← (do
    try
      return Except.ok (← importModules imports {} (leakEnv := true) (loadExts := true) (level := ← levelOfLibrary))
    catch e => return Except.error e.toString : IO (Except String Environment))
  match found with
  | .error reason =>
    out.putStr ("@@{\"ready\":false,\"reason\":" ++ strJson reason ++ "}\n")
    out.flush
  | .ok init =>
    let t1 ← IO.monoMsNow
    out.putStr ("@@{\"ready\":true,\"import_ms\":" ++ Nat.repr (t1 - t0) ++ ",\"version\":" ++ strJson Lean.versionString ++ "}\n")
    out.flush
    serve inp out (stringField order "role" == "judge") (numberField order "bytes" == 1) init []
