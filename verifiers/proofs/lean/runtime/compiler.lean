/-
Turns scripts of this folder into modules of compiled code, so that a process that imports one starts without elaborating
and compiling its text: `lean --run compiler.lean checker mutator` under `runner.js` writes /modules/checker.olean, ...

A module as Lean itself writes it would not do: this build reads the exported part alone, which leaves code out. What is
written here holds nothing but the code of every function, sorted as Lean's own lookup wants it, and each function's name
under a placeholder of no use (an axiom of type `Prop`), because Lean looks for code in the module that declares the name.
These names stand in the environment of the process's own script only, never in one that a proof is elaborated or judged in.

Style: see `checker.lean`; this file is interpreted, too.
-/
import Lean.Elab.Frontend
open Lean

def nameOf (d : IR.Decl) : Name :=
  match d with
  | .fdecl f _ _ _ _ => f
  | .extern f _ _ _ => f

partial def halves (l a b : List IR.Decl) : List IR.Decl × List IR.Decl :=
  match l with
  | [] => (a, b)
  | d :: r => halves r b (d :: a)

partial def reverseOnto (l acc : List IR.Decl) : List IR.Decl :=
  match l with
  | [] => acc
  | d :: r => reverseOnto r (d :: acc)

partial def merged (a b acc : List IR.Decl) : List IR.Decl :=
  match a, b with
  | [], b => reverseOnto acc b
  | a, [] => reverseOnto acc a
  | x :: r, y :: s => if Name.quickLt (nameOf x) (nameOf y) then merged r b (x :: acc) else merged a s (y :: acc)

partial def sorted (l : List IR.Decl) : List IR.Decl :=
  match l with
  | [] => []
  | [d] => [d]
  | l =>
    let (a, b) := halves l [] []
    merged (sorted a) (sorted b) []

structure Code where
  decls : Array IR.Decl := #[]
  names : Array Name := #[]
  placeholders : Array ConstantInfo := #[]

partial def codeOf (l : List IR.Decl) (c : Code) : Code :=
  match l with
  | [] => c
  | d :: r =>
    let placeholder := .axiomInfo { name := nameOf d, levelParams := [], type := .sort .zero, isUnsafe := false }
    match c with
    | { decls, names, placeholders } =>
      codeOf r { decls := decls.push d, names := names.push (nameOf d), placeholders := placeholders.push placeholder }

unsafe def entriesUnsafe (a : Array IR.Decl) : Array EnvExtensionEntry := unsafeCast a
@[implemented_by entriesUnsafe] opaque entriesOf (a : Array IR.Decl) : Array EnvExtensionEntry

/-- `Parser.mkInputContext` lacks an exported helper, so the structure is built directly. -/
def inputOf (s : String) : Parser.InputContext :=
  { inputString := s, fileName := "<script>", fileMap := s.toFileMap, endPos := s.rawEndPos, endPos_valid := by simp }

def compile (script : String) : IO Unit := do
  let input := inputOf (← IO.FS.readFile ("/checker/" ++ script ++ ".lean"))
  let (header, state, messages) ← Parser.parseHeader input
  let imports := Elab.headerToImports header
  let env ← importModules imports {} (leakEnv := true) (loadExts := true) (level := .exported)
  let r ← Elab.IO.processCommands input state (Elab.Command.mkState env messages {})
  let st := r.commandState
  if st.messages.hasErrors then throw (IO.userError "the script has errors")
  let code := codeOf (sorted (IR.getDecls st.env)) {}
  let data : ModuleData :=
    { isModule := true, imports, constNames := code.names, constants := code.placeholders, extraConstNames := #[]
      entries := #[(`Lean.IR.declMapExt, entriesOf code.decls)] }
  saveModuleData ("/modules/" ++ script ++ ".olean") (Name.mkSimple script) data

partial def compileAll (scripts : List String) : IO Unit := do
  match scripts with
  | [] => return ()
  | s :: r =>
    compile s
    compileAll r

unsafe def allowInitializersUnsafe : IO Unit := enableInitializersExecution
@[implemented_by allowInitializersUnsafe] opaque allowInitializers : IO Unit

public def main (scripts : List String) : IO Unit := do
  allowInitializers
  compileAll scripts
