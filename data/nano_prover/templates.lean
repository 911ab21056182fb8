-- Templates of theorems for the corpus of nano-prover: each a statement with one or more proofs, divided by `--or`.
-- Variables are renamed and replaced by terms; `$K`, `$M` are drawn numbers. No proof is used before Lean has judged it.

theorem nat_mul_le_left (a b c : Nat) (h : a ≤ b) : c * a ≤ c * b := by
  exact Nat.mul_le_mul_left c h

theorem nat_mul_le_right (a b c : Nat) (h : a ≤ b) : a * c ≤ b * c := by
  exact Nat.mul_le_mul_right c h

theorem nat_mul_le (a b c d : Nat) (h1 : a ≤ b) (h2 : c ≤ d) : a * c ≤ b * d := by
  exact Nat.mul_le_mul h1 h2

theorem nat_mul_lt (a b c : Nat) (h : a < b) (h0 : 0 < c) : c * a < c * b := by
  exact Nat.mul_lt_mul_of_pos_left h h0
--or
  exact (Nat.mul_lt_mul_left h0).mpr h

theorem nat_mul_pos (a b : Nat) (h1 : 0 < a) (h2 : 0 < b) : 0 < a * b := by
  exact Nat.mul_pos h1 h2
--or
  simp_all

theorem nat_mul_comm (a b : Nat) : a * b = b * a := by
  exact Nat.mul_comm a b
--or
  grind

theorem nat_mul_assoc (a b c : Nat) : a * b * c = a * (b * c) := by
  exact Nat.mul_assoc a b c
--or
  grind

theorem nat_mul_swap (a b c : Nat) : a * b * c = a * c * b := by
  exact Nat.mul_right_comm a b c
--or
  grind

theorem nat_left_comm (a b c : Nat) : a * (b * c) = b * (a * c) := by
  exact Nat.mul_left_comm a b c
--or
  grind

theorem nat_mul_add (a b c : Nat) : a * (b + c) = a * b + a * c := by
  exact Nat.mul_add a b c
--or
  grind

theorem nat_add_mul (a b c : Nat) : (a + b) * c = a * c + b * c := by
  exact Nat.add_mul a b c
--or
  grind

theorem nat_mul_sub (a b c : Nat) : a * (b - c) = a * b - a * c := by
  exact Nat.mul_sub a b c

theorem nat_dvd_mul_right (a b : Nat) : a ∣ a * b := by
  exact Nat.dvd_mul_right a b
--or
  simp

theorem nat_dvd_mul_left (a b : Nat) : a ∣ b * a := by
  exact Nat.dvd_mul_left a b
--or
  simp

theorem nat_dvd_of_dvd_right (a b c : Nat) (h : a ∣ b) : a ∣ b * c := by
  exact Nat.dvd_mul_right_of_dvd h c

theorem nat_dvd_of_dvd_left (a b c : Nat) (h : a ∣ b) : a ∣ c * b := by
  exact Nat.dvd_mul_left_of_dvd h c

theorem nat_dvd_trans (a b c : Nat) (h1 : a ∣ b) (h2 : b ∣ c) : a ∣ c := by
  exact Nat.dvd_trans h1 h2

theorem nat_dvd_add (a b c : Nat) (h1 : a ∣ b) (h2 : a ∣ c) : a ∣ b + c := by
  exact Nat.dvd_add h1 h2

theorem nat_dvd_sub (a b c : Nat) (h1 : a ∣ b) (h2 : a ∣ c) : a ∣ b - c := by
  exact Nat.dvd_sub h1 h2

theorem nat_dvd_antisymm (a b : Nat) (h1 : a ∣ b) (h2 : b ∣ a) : a = b := by
  exact Nat.dvd_antisymm h1 h2

theorem nat_dvd_refl (a : Nat) : a ∣ a := by
  exact Nat.dvd_refl a
--or
  simp

theorem nat_dvd_zero (a : Nat) : a ∣ 0 := by
  exact Nat.dvd_zero a
--or
  simp

theorem nat_one_dvd (a : Nat) : 1 ∣ a := by
  exact Nat.one_dvd a
--or
  simp

theorem nat_mul_dvd_mul (a b c d : Nat) (h1 : a ∣ b) (h2 : c ∣ d) : a * c ∣ b * d := by
  exact Nat.mul_dvd_mul h1 h2

theorem nat_gcd_comm (a b : Nat) : Nat.gcd a b = Nat.gcd b a := by
  exact Nat.gcd_comm a b

theorem nat_gcd_assoc (a b c : Nat) : Nat.gcd (Nat.gcd a b) c = Nat.gcd a (Nat.gcd b c) := by
  exact Nat.gcd_assoc a b c

theorem nat_gcd_zero (a : Nat) : Nat.gcd a 0 = a := by
  simp
--or
  exact Nat.gcd_zero_right a

theorem nat_gcd_self (a : Nat) : Nat.gcd a a = a := by
  simp
--or
  exact Nat.gcd_self a

theorem nat_gcd_left (a b : Nat) : Nat.gcd a b ∣ a := by
  exact Nat.gcd_dvd_left a b

theorem nat_gcd_right (a b : Nat) : Nat.gcd a b ∣ b := by
  exact Nat.gcd_dvd_right a b

theorem nat_dvd_gcd (a b c : Nat) (h1 : c ∣ a) (h2 : c ∣ b) : c ∣ Nat.gcd a b := by
  exact Nat.dvd_gcd h1 h2

theorem nat_lcm_comm (a b : Nat) : Nat.lcm a b = Nat.lcm b a := by
  exact Nat.lcm_comm a b

theorem nat_dvd_lcm (a b : Nat) : a ∣ Nat.lcm a b := by
  exact Nat.dvd_lcm_left a b

theorem nat_pow_succ (a b : Nat) : a ^ (b + 1) = a ^ b * a := by
  exact Nat.pow_succ
--or
  rfl
--or
  grind

theorem nat_pow_add (a b c : Nat) : a ^ (b + c) = a ^ b * a ^ c := by
  exact Nat.pow_add a b c

theorem nat_pow_mul (a b c : Nat) : a ^ (b * c) = (a ^ b) ^ c := by
  exact Nat.pow_mul a b c

theorem nat_mul_pow (a b c : Nat) : (a * b) ^ c = a ^ c * b ^ c := by
  exact Nat.mul_pow a b c

theorem nat_pow_pos (a b : Nat) (h : 0 < a) : 0 < a ^ b := by
  exact Nat.pow_pos h
--or
  exact Nat.pos_pow_of_pos b h

theorem nat_pow_le (a b c : Nat) (h : a ≤ b) : a ^ c ≤ b ^ c := by
  exact Nat.pow_le_pow_left h c

theorem nat_one_pow (a : Nat) : 1 ^ a = 1 := by
  simp
--or
  exact Nat.one_pow a

theorem nat_mod_add_div (a b : Nat) : a % b + b * (a / b) = a := by
  exact Nat.mod_add_div a b

theorem nat_div_add_mod (a b : Nat) : b * (a / b) + a % b = a := by
  exact Nat.div_add_mod a b

theorem nat_mod_mod (a b : Nat) : a % b % b = a % b := by
  simp
--or
  exact Nat.mod_mod a b

theorem nat_mod_lt (a b : Nat) (h : 0 < b) : a % b < b := by
  exact Nat.mod_lt a h

theorem nat_mod_le (a b : Nat) : a % b ≤ a := by
  exact Nat.mod_le a b

theorem nat_div_le (a b : Nat) : a / b ≤ a := by
  exact Nat.div_le_self a b

theorem nat_div_self (a : Nat) (h : 0 < a) : a / a = 1 := by
  exact Nat.div_self h

theorem nat_mul_div (a b : Nat) (h : 0 < b) : b * a / b = a := by
  exact Nat.mul_div_cancel_left a h

theorem nat_add_mul_mod (a b c : Nat) : (a + b * c) % b = a % b := by
  simp
--or
  exact Nat.add_mul_mod_self_left a b c

theorem nat_zero_mod (a : Nat) : 0 % a = 0 := by
  simp

theorem nat_eq_zero_of_mul (a b : Nat) (h : a * b = 0) : a = 0 ∨ b = 0 := by
  exact Nat.mul_eq_zero.mp h
--or
  simp_all

theorem nat_le_of_dvd (a b : Nat) (h1 : 0 < b) (h2 : a ∣ b) : a ≤ b := by
  exact Nat.le_of_dvd h1 h2

theorem nat_le_mul (a b : Nat) (h : 0 < b) : a ≤ a * b := by
  exact Nat.le_mul_of_pos_right a h

theorem nat_lt_pow (a : Nat) : a < 2 ^ a := by
  exact Nat.lt_two_pow_self

theorem nat_cancel (a b c : Nat) (h : 0 < a) (e : a * b = a * c) : b = c := by
  exact Nat.eq_of_mul_eq_mul_left h e

theorem nat_square_le (a b : Nat) (h : a ≤ b) : a * a ≤ b * b := by
  exact Nat.mul_le_mul h h

theorem nat_square_lt (a b : Nat) (h : a < b) : a * a < b * b := by
  exact Nat.mul_lt_mul_of_lt_of_lt h h
--or
  exact Nat.mul_self_lt_mul_self h

theorem nat_exists_add (a b : Nat) (h : a ≤ b) : ∃ k, b = a + k := by
  exact ⟨b - a, by omega⟩
--or
  exact Nat.exists_eq_add_of_le h

theorem nat_exists_pred (a : Nat) (h : $K ≤ a) : ∃ k, a = k + $K := by
  exact ⟨a - $K, by omega⟩

theorem nat_exists_gt (a : Nat) : ∃ k, a + $K < k := by
  exact ⟨a + $(K+M), by omega⟩

theorem nat_exists_multiple (a : Nat) : ∃ k, $(K*M) * a = $K * k := by
  exact ⟨$M * a, by omega⟩

theorem nat_exists_divisor (a : Nat) (h : a % $K = 0) : ∃ k, a = $K * k := by
  exact ⟨a / $K, by omega⟩

theorem nat_exists_residue (a : Nat) (h : a % $K = 1) : ∃ k, a = $K * k + 1 := by
  exact ⟨a / $K, by omega⟩

theorem nat_forall_exists : ∀ n : Nat, ∃ m, n + $K < m ∧ m % $M = 0 := by
  exact fun n => ⟨$M * (n + $(K+M)), by omega⟩

theorem nat_max_self (a b c : Nat) (h1 : a ≤ c) (h2 : b ≤ c) : max a b ≤ c := by
  omega
--or
  exact Nat.max_le.mpr ⟨h1, h2⟩

theorem nat_min_le (a b c : Nat) (h : a ≤ c) : min a b ≤ c := by
  omega

theorem nat_max_add (a b c : Nat) : max (a + c) (b + c) = max a b + c := by
  omega

theorem nat_lt_irrefl (a : Nat) (h : a < a) : False := by
  omega
--or
  exact Nat.lt_irrefl a h

theorem nat_succ_inj (a b : Nat) (h : a + $K = b + $K) : a = b := by
  omega

theorem nat_odd_mul (a b : Nat) (h1 : a % $K = 1) (h2 : b % $K = 1) : a * b % $K = 1 := by
  simp [Nat.mul_mod, h1, h2]

theorem nat_zero_mul_mod (a b : Nat) (h : a % $K = 0) : a * b % $K = 0 := by
  simp [Nat.mul_mod, h]

theorem nat_mul_zero_mod (a b : Nat) (h : b % $K = 0) : a * b % $K = 0 := by
  simp [Nat.mul_mod, h]

theorem nat_square_mod (a : Nat) (h : a % $K = 1) : a * a % $K = 1 := by
  simp [Nat.mul_mod, h]

theorem nat_add_mod (a b : Nat) (h1 : a % $K = 1) (h2 : b % $K = 0) : (a + b) % $K = 1 := by
  omega
--or
  simp [Nat.add_mod, h1, h2]

theorem nat_pow_one_mod (n : Nat) : $(K+1) ^ n % $K = 1 := by
  induction n with
  | zero => rfl
  | succ n ih => rw [Nat.pow_succ]; omega

theorem nat_pow_ge (n : Nat) : 1 ≤ $K ^ n := by
  induction n with
  | zero => decide
  | succ n ih => rw [Nat.pow_succ]; omega
--or
  exact Nat.pos_pow_of_pos n (by decide)
--or
  exact Nat.pow_pos (by decide)

theorem nat_lt_pow_base (n : Nat) : n < $K ^ n := by
  induction n with
  | zero => decide
  | succ n ih => rw [Nat.pow_succ]; omega
--or
  exact Nat.lt_pow_self (by decide)

theorem nat_linear_le_pow (n : Nat) : 1 + $K * n ≤ $(K+1) ^ n := by
  induction n with
  | zero => decide
  | succ n ih => rw [Nat.pow_succ]; omega

theorem nat_sequence_linear (f : Nat → Nat) (h0 : f 0 = $M) (h : ∀ n, f (n + 1) = f n + $K) (n : Nat) : f n = $K * n + $M := by
  induction n with
  | zero => exact h0
  | succ n ih => rw [h, ih]; omega
--or
  induction n with
  | zero => simp [h0]
  | succ n ih => rw [h, ih]; omega

theorem nat_sequence_power (f : Nat → Nat) (h0 : f 0 = 1) (h : ∀ n, f (n + 1) = $K * f n) (n : Nat) : f n = $K ^ n := by
  induction n with
  | zero => simp [h0]
  | succ n ih => rw [h, ih, Nat.pow_succ]; omega

theorem nat_sequence_le (f : Nat → Nat) (h : ∀ n, f n + $K ≤ f (n + 1)) (n : Nat) : $K * n ≤ f n := by
  induction n with
  | zero => omega
  | succ n ih => have := h n; omega

theorem nat_sequence_constant (f : Nat → Nat) (h0 : f 0 = $K) (h : ∀ n, f (n + 1) = f n) (n : Nat) : f n = $K := by
  induction n with
  | zero => exact h0
  | succ n ih => rw [h, ih]

theorem nat_sequence_value (f : Nat → Nat) (h0 : f 0 = $K) (h : ∀ n, f (n + 1) = f n + $M) : f 3 = $K + 3 * $M := by
  simp [h, h0]
--or
  rw [h, h, h, h0]

theorem nat_sequence_mono (f : Nat → Nat) (h : ∀ n, f n ≤ f (n + 1)) (n : Nat) : f 0 ≤ f n := by
  induction n with
  | zero => exact Nat.le_refl _
  | succ n ih => exact Nat.le_trans ih (h n)

theorem nat_induction_step (p : Nat → Prop) (h0 : p 0) (h : ∀ n, p n → p (n + 1)) (n : Nat) : p n := by
  induction n with
  | zero => exact h0
  | succ n ih => exact h n ih

theorem nat_sum_constant (n : Nat) : ((List.range n).map (fun _ => $K)).sum = $K * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [List.range_succ, ih]; omega

theorem nat_sum_linear (n : Nat) : 2 * ((List.range n).map (fun i => $K * i)).sum + $K * n = $K * n * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [List.range_succ] at ih ⊢; grind

theorem nat_sum_linear_shift (n : Nat) : ((List.range n).map (fun i => 2 * i + $K)).sum + n = n * n + $K * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [List.range_succ] at ih ⊢; grind

theorem int_mul_nonneg (x y : Int) (h1 : 0 ≤ x) (h2 : 0 ≤ y) : 0 ≤ x * y := by
  exact Int.mul_nonneg h1 h2

theorem int_mul_pos (x y : Int) (h1 : 0 < x) (h2 : 0 < y) : 0 < x * y := by
  exact Int.mul_pos h1 h2

theorem int_mul_le (x y z : Int) (h1 : x ≤ y) (h2 : 0 ≤ z) : z * x ≤ z * y := by
  exact Int.mul_le_mul_of_nonneg_left h1 h2

theorem int_mul_le_right (x y z : Int) (h1 : x ≤ y) (h2 : 0 ≤ z) : x * z ≤ y * z := by
  exact Int.mul_le_mul_of_nonneg_right h1 h2

theorem int_mul_lt (x y z : Int) (h1 : x < y) (h2 : 0 < z) : z * x < z * y := by
  exact Int.mul_lt_mul_of_pos_left h1 h2

theorem int_eq_zero_of_mul (x y : Int) (h : x * y = 0) : x = 0 ∨ y = 0 := by
  exact Int.mul_eq_zero.mp h
--or
  simp_all

theorem int_mul_comm (x y : Int) : x * y = y * x := by
  exact Int.mul_comm x y
--or
  grind

theorem int_mul_assoc (x y z : Int) : x * y * z = x * (y * z) := by
  exact Int.mul_assoc x y z
--or
  grind

theorem int_mul_sub (x y z : Int) : x * (y - z) = x * y - x * z := by
  exact Int.mul_sub x y z
--or
  grind

theorem int_mul_add (x y z : Int) : x * (y + z) = x * y + x * z := by
  exact Int.mul_add x y z
--or
  grind

theorem int_neg_mul (x y : Int) : -x * y = -(x * y) := by
  exact Int.neg_mul x y
--or
  grind
--or
  simp

theorem int_mul_neg (x y : Int) : x * -y = -(x * y) := by
  exact Int.mul_neg x y
--or
  grind
--or
  simp

theorem int_dvd_mul (x y : Int) : x ∣ x * y := by
  exact Int.dvd_mul_right x y
--or
  simp

theorem int_dvd_mul_of_dvd (x y z : Int) (h : x ∣ y) : x ∣ y * z := by
  exact Int.dvd_mul_of_dvd_left h z

theorem int_dvd_add (x y z : Int) (h1 : x ∣ y) (h2 : x ∣ z) : x ∣ y + z := by
  exact Int.dvd_add h1 h2

theorem int_dvd_sub (x y z : Int) (h1 : x ∣ y) (h2 : x ∣ z) : x ∣ y - z := by
  exact Int.dvd_sub h1 h2

theorem int_dvd_trans (x y z : Int) (h1 : x ∣ y) (h2 : y ∣ z) : x ∣ z := by
  exact Int.dvd_trans h1 h2

theorem int_dvd_neg (x y : Int) (h : x ∣ y) : x ∣ -y := by
  exact Int.dvd_neg.mpr h

theorem int_square_nonneg (x : Int) : 0 ≤ x * x := by
  rcases Int.le_total 0 x with h | h
  · exact Int.mul_nonneg h h
  · have := Int.mul_nonneg (Int.neg_nonneg_of_nonpos h) (Int.neg_nonneg_of_nonpos h)
    grind

theorem int_emod_range (x : Int) : 0 ≤ x % $K ∧ x % $K < $K := by
  omega

theorem int_exists_lt (x : Int) : ∃ y, y < x - $K := by
  exact ⟨x - $(K+M), by omega⟩

theorem int_exists_sum (x y : Int) : ∃ z, x + z = y + $K := by
  exact ⟨y + $K - x, by omega⟩

theorem int_natAbs (x : Int) : x ≤ (x.natAbs : Int) + $K := by
  omega

theorem int_natAbs_neg (x : Int) : (-x).natAbs = x.natAbs := by
  omega
--or
  simp
--or
  exact Int.natAbs_neg x

theorem int_natAbs_mul (x y : Int) : (x * y).natAbs = x.natAbs * y.natAbs := by
  exact Int.natAbs_mul x y

theorem int_quadratic (x : Int) (h : (x - $K) * (x - $M) = 0) : x = $K ∨ x = $M := by
  rcases Int.mul_eq_zero.mp h with h | h <;> omega

theorem int_quadratic_expanded (x : Int) (h : x * x - $(K+M) * x + $(K*M) = 0) : x = $K ∨ x = $M := by
  have h1 : (x - $K) * (x - $M) = 0 := by grind
  rcases Int.mul_eq_zero.mp h1 with h2 | h2 <;> omega

theorem int_square_self (x : Int) (h : x * x = $K * x) : x = 0 ∨ x = $K := by
  have h1 : x * (x - $K) = 0 := by grind
  rcases Int.mul_eq_zero.mp h1 with h2 | h2 <;> omega

theorem int_cast_add (a b : Nat) : ((a + b + $K : Nat) : Int) = (a : Int) + b + $K := by
  omega
--or
  rfl
--or
  simp

theorem int_cast_lt (a b : Nat) (h : a < b) : (a : Int) < b + $K := by
  omega

theorem int_toNat_add (a b : Nat) : ((a : Int) + b).toNat = a + b := by
  omega

theorem list_append_nil (xs : List Nat) : xs ++ [] = xs := by
  simp
--or
  exact List.append_nil xs

theorem list_append_assoc (xs ys zs : List Nat) : xs ++ ys ++ zs = xs ++ (ys ++ zs) := by
  simp
--or
  exact List.append_assoc xs ys zs

theorem list_length_append (xs ys : List Nat) : (xs ++ ys).length = xs.length + ys.length := by
  simp
--or
  exact List.length_append

theorem list_length_append_comm (xs ys : List Nat) : (xs ++ ys).length = (ys ++ xs).length := by
  simp; omega
--or
  grind
--or
  simp [Nat.add_comm]

theorem list_length_reverse (xs ys : List Nat) : (xs ++ ys).reverse.length = xs.length + ys.length := by
  simp; omega
--or
  grind

theorem list_reverse_append (xs ys : List Nat) : (xs ++ ys).reverse = ys.reverse ++ xs.reverse := by
  simp
--or
  exact List.reverse_append

theorem list_reverse_twice (xs : List Nat) : xs.reverse.reverse = xs := by
  simp
--or
  exact List.reverse_reverse xs

theorem list_reverse_snoc (x : Nat) (xs : List Nat) : (xs ++ [x]).reverse = x :: xs.reverse := by
  simp

theorem list_map_length (f : Nat → Nat) (xs : List Nat) : (xs.map f).length = xs.length := by
  simp
--or
  exact List.length_map f

theorem list_map_append (f : Nat → Nat) (xs ys : List Nat) : (xs ++ ys).map f = xs.map f ++ ys.map f := by
  simp
--or
  exact List.map_append

theorem list_map_reverse (f : Nat → Nat) (xs : List Nat) : (xs.map f).reverse = xs.reverse.map f := by
  simp

theorem list_map_const (xs : List Nat) : (xs.map (fun _ => $K)).length = xs.length := by
  simp

theorem list_map_add (xs : List Nat) : (xs.map (· + $K)).map (· + $M) = xs.map (· + $(K+M)) := by
  simp
--or
  simp [Nat.add_assoc]

theorem list_map_id (xs : List Nat) : xs.map (fun x => x) = xs := by
  simp

theorem list_map_cons (f : Nat → Nat) (x : Nat) (xs : List Nat) : (x :: xs).map f = f x :: xs.map f := by
  rfl
--or
  simp

theorem list_filter_length (p : Nat → Bool) (xs : List Nat) : (xs.filter p).length ≤ xs.length := by
  exact List.length_filter_le p xs

theorem list_filter_append (p : Nat → Bool) (xs ys : List Nat) : (xs ++ ys).filter p = xs.filter p ++ ys.filter p := by
  simp

theorem list_filter_filter (p q : Nat → Bool) (x : Nat) (xs : List Nat) (h : x ∈ (xs.filter p).filter q) : x ∈ xs := by
  simp_all
--or
  grind

theorem list_mem_filter (p : Nat → Bool) (x : Nat) (xs : List Nat) (h : x ∈ xs.filter p) : p x = true := by
  simp_all
--or
  grind

theorem list_mem_append (x : Nat) (xs ys : List Nat) (h : x ∈ ys) : x ∈ xs ++ ys := by
  simp_all
--or
  grind
--or
  exact List.mem_append_right xs h

theorem list_mem_append_left (x : Nat) (xs ys : List Nat) (h : x ∈ xs) : x ∈ xs ++ ys := by
  simp_all
--or
  grind
--or
  exact List.mem_append_left ys h

theorem list_mem_cons (x y : Nat) (xs : List Nat) (h : x ∈ xs) : x ∈ y :: xs := by
  simp_all
--or
  exact List.mem_cons_of_mem y h

theorem list_mem_map (f : Nat → Nat) (x : Nat) (xs : List Nat) (h : x ∈ xs) : f x ∈ xs.map f := by
  grind
--or
  exact List.mem_map_of_mem h

theorem list_mem_reverse (x : Nat) (xs : List Nat) (h : x ∈ xs.reverse) : x ∈ xs := by
  simp_all
--or
  grind

theorem list_mem_ne_nil (x : Nat) (xs : List Nat) (h : x ∈ xs) : xs ≠ [] := by
  grind
--or
  exact List.ne_nil_of_mem h

theorem list_mem_length (x : Nat) (xs : List Nat) (h : x ∈ xs) : 0 < xs.length := by
  exact List.length_pos_of_mem h

theorem list_mem_range (n x : Nat) : x ∈ List.range n ↔ x < n := by
  simp
--or
  exact List.mem_range

theorem list_length_range (n : Nat) : (List.range (n + $K)).length = n + $K := by
  simp
--or
  exact List.length_range

theorem list_length_replicate (n x : Nat) : (List.replicate n x).length = n := by
  simp
--or
  exact List.length_replicate

theorem list_replicate_append (m n x : Nat) : List.replicate m x ++ List.replicate n x = List.replicate (m + n) x := by
  simp

theorem list_sum_replicate (n : Nat) : (List.replicate n $K).sum = $K * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [List.replicate_succ, ih]; omega

theorem list_take_append (n : Nat) (xs : List Nat) : xs.take n ++ xs.drop n = xs := by
  simp
--or
  exact List.take_append_drop n xs

theorem list_length_take (n : Nat) (xs : List Nat) : (xs.take n).length ≤ xs.length := by
  simp [List.length_take]; omega
--or
  simp; omega
--or
  grind

theorem list_length_take_min (n : Nat) (xs : List Nat) : (xs.take n).length = min n xs.length := by
  simp
--or
  exact List.length_take

theorem list_length_drop (n : Nat) (xs : List Nat) : (xs.drop n).length + $K = xs.length - n + $K := by
  simp

theorem list_length_drop_le (n : Nat) (xs : List Nat) : (xs.drop n).length ≤ xs.length := by
  simp
--or
  grind

theorem list_zip_length (xs ys : List Nat) : (xs.zip ys).length = min xs.length ys.length := by
  simp
--or
  exact List.length_zip

theorem list_sum_append (xs ys : List Nat) : (xs ++ ys).sum = xs.sum + ys.sum := by
  induction xs with
  | nil => simp
  | cons x xs ih => simp [ih]; omega
--or
  simp
--or
  exact List.sum_append

theorem list_sum_cons (x : Nat) (xs : List Nat) : (x :: xs).sum = x + xs.sum := by
  rfl
--or
  simp

theorem list_sum_map_add (xs : List Nat) : (xs.map (· + $K)).sum = xs.sum + $K * xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp at ih ⊢; omega
--or
  induction xs with
  | nil => simp
  | cons x xs ih => simp [ih]; omega

theorem list_sum_map_mul (xs : List Nat) : (xs.map ($K * ·)).sum = $K * xs.sum := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp at ih ⊢; omega

theorem list_sum_map_const (xs : List Nat) : (xs.map (fun _ => $K)).sum = $K * xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp at ih ⊢; omega

theorem list_sum_ge (xs : List Nat) (h : ∀ x ∈ xs, $K ≤ x) : $K * xs.length ≤ xs.sum := by
  induction xs with
  | nil => simp
  | cons x xs ih =>
    have h1 := h x (by simp)
    have h2 := ih (fun y hy => h y (by simp [hy]))
    simp; omega

theorem list_foldr_length (xs : List Nat) : xs.foldr (fun _ n => n + $K) 0 = $K * xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp at ih ⊢; omega

theorem list_foldr_sum (xs : List Nat) : xs.foldr (fun x n => x + n) 0 = xs.sum := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [ih]
--or
  rfl

theorem list_map_map (f g : Nat → Nat) (xs : List Nat) : (xs.map f).map g = xs.map (fun x => g (f x)) := by
  simp
--or
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [ih]

theorem list_append_cancel (xs ys zs : List Nat) (h : xs ++ ys = xs ++ zs) : ys = zs := by
  simp_all
--or
  exact List.append_cancel_left h

theorem list_append_eq_nil (xs ys : List Nat) (h : xs ++ ys = []) : ys = [] := by
  simp_all
--or
  grind

theorem list_length_zero (xs : List Nat) (h : xs.length = 0) : xs = [] := by
  simp_all
--or
  exact List.eq_nil_of_length_eq_zero h

theorem list_cons_inj (x y : Nat) (xs ys : List Nat) (h : x :: xs = y :: ys) : x = y ∧ xs = ys := by
  simp_all
--or
  grind

theorem list_head (x : Nat) (xs ys : List Nat) : (x :: xs ++ ys).head? = some x := by
  rfl
--or
  simp

theorem list_getLast (x : Nat) (xs : List Nat) : (xs ++ [x]).getLast? = some x := by
  simp

theorem list_all_append (p : Nat → Bool) (xs ys : List Nat) : (xs ++ ys).all p = (xs.all p && ys.all p) := by
  simp

theorem list_any_append (p : Nat → Bool) (xs ys : List Nat) : (xs ++ ys).any p = (xs.any p || ys.any p) := by
  simp

theorem list_exists_append (x : Nat) (xs : List Nat) (h : x ∈ xs) : ∃ ys zs, xs = ys ++ x :: zs := by
  exact List.append_of_mem h

theorem list_filter_split (p : Nat → Bool) (xs : List Nat) : (xs.filter p).length + (xs.filter (fun x => !p x)).length = xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => cases hp : p x <;> simp [hp] <;> omega

theorem prop_and_comm (p q : Prop) (h : p ∧ q) : q ∧ p := by
  exact ⟨h.2, h.1⟩
--or
  exact h.symm
--or
  simp_all
--or
  constructor
  · exact h.2
  · exact h.1

theorem prop_and_left (p q r : Prop) (h : p ∧ q ∧ r) : q := by
  exact h.2.1
--or
  simp_all
--or
  obtain ⟨_, h2, _⟩ := h
  exact h2

theorem prop_and_right (p q r : Prop) (h : p ∧ q ∧ r) : r ∧ p := by
  exact ⟨h.2.2, h.1⟩
--or
  simp_all

theorem prop_and_intro (p q r : Prop) (h1 : p) (h2 : q) (h3 : r) : p ∧ q ∧ r := by
  exact ⟨h1, h2, h3⟩
--or
  simp_all

theorem prop_or_comm (p q : Prop) (h : p ∨ q) : q ∨ p := by
  exact h.symm
--or
  rcases h with h | h
  · exact .inr h
  · exact .inl h
--or
  grind

theorem prop_or_left (p q r : Prop) (h : p) : (p ∨ q) ∨ r := by
  exact .inl (.inl h)
--or
  simp_all

theorem prop_or_right (p q r : Prop) (h : r) : p ∨ q ∨ r := by
  exact .inr (.inr h)
--or
  simp_all

theorem prop_or_elim (p q r : Prop) (h : p ∨ q) (h1 : p → r) (h2 : q → r) : r := by
  rcases h with h | h
  · exact h1 h
  · exact h2 h
--or
  exact h.elim h1 h2
--or
  grind

theorem prop_mp (p q : Prop) (h1 : p → q) (h2 : p) : q := by
  exact h1 h2
--or
  simp_all

theorem prop_mp_mp (p q r : Prop) (h1 : p → q → r) (h2 : p) (h3 : q) : r := by
  exact h1 h2 h3
--or
  simp_all

theorem prop_imp_trans (p q r : Prop) (h1 : p → q) (h2 : q → r) : p → r := by
  exact fun h => h2 (h1 h)
--or
  intro h
  exact h2 (h1 h)
--or
  simp_all

theorem prop_imp_and (p q r : Prop) (h : p → q ∧ r) : (p → q) ∧ (p → r) := by
  exact ⟨fun h1 => (h h1).1, fun h1 => (h h1).2⟩
--or
  grind

theorem prop_curry (p q r : Prop) (h : p ∧ q → r) : p → q → r := by
  exact fun h1 h2 => h ⟨h1, h2⟩
--or
  intro h1 h2
  exact h ⟨h1, h2⟩
--or
  simp_all

theorem prop_uncurry (p q r : Prop) (h : p → q → r) : p ∧ q → r := by
  exact fun h1 => h h1.1 h1.2
--or
  intro h1
  exact h h1.1 h1.2

theorem prop_mt (p q : Prop) (h1 : p → q) (h2 : ¬ q) : ¬ p := by
  exact fun h => h2 (h1 h)
--or
  intro h
  exact h2 (h1 h)
--or
  simp_all

theorem prop_absurd (p q : Prop) (h1 : p) (h2 : ¬ p) : q := by
  exact absurd h1 h2
--or
  simp_all
--or
  contradiction

theorem prop_not_not (p : Prop) (h : ¬ ¬ p) : p := by
  simp_all
--or
  exact Classical.byContradiction h
--or
  grind

theorem prop_em (p q : Prop) (h1 : p → q) (h2 : ¬ p → q) : q := by
  by_cases h : p
  · exact h1 h
  · exact h2 h
--or
  grind

theorem prop_iff_intro (p q : Prop) (h1 : p → q) (h2 : q → p) : p ↔ q := by
  exact ⟨h1, h2⟩
--or
  constructor
  · exact h1
  · exact h2

theorem prop_iff_symm (p q : Prop) (h : p ↔ q) : q ↔ p := by
  exact h.symm
--or
  simp_all

theorem prop_iff_trans (p q r : Prop) (h1 : p ↔ q) (h2 : q ↔ r) : p ↔ r := by
  exact h1.trans h2
--or
  simp_all

theorem prop_iff_mp (p q : Prop) (h : p ↔ q) (h1 : q) : p := by
  exact h.mpr h1
--or
  simp_all

theorem prop_forall_apply (p q : Nat → Prop) (h : ∀ n, p n → q n) (h1 : p $K) : q $K := by
  exact h $K h1
--or
  simp_all

theorem prop_forall_and (α : Type) (p q : α → Prop) (h : ∀ x, p x ∧ q x) : ∀ x, q x ∧ p x := by
  exact fun x => ⟨(h x).2, (h x).1⟩
--or
  grind
--or
  intro x
  exact (h x).symm

theorem prop_exists_intro (p : Nat → Prop) (h : p $K) : ∃ n, p n := by
  exact ⟨$K, h⟩

theorem prop_exists_and (α : Type) (p q : α → Prop) (h : ∃ x, p x ∧ q x) : ∃ x, p x := by
  obtain ⟨x, h1, _⟩ := h
  exact ⟨x, h1⟩
--or
  grind

theorem prop_exists_or (α : Type) (p q : α → Prop) (h : ∃ x, p x) : ∃ x, p x ∨ q x := by
  obtain ⟨x, h1⟩ := h
  exact ⟨x, .inl h1⟩
--or
  grind

theorem prop_exists_swap (α β : Type) (r : α → β → Prop) (h : ∃ x, ∃ y, r x y) : ∃ y, ∃ x, r x y := by
  obtain ⟨x, y, h1⟩ := h
  exact ⟨y, x, h1⟩
--or
  grind

theorem prop_not_exists (α : Type) (p : α → Prop) (h : ¬ ∃ x, p x) : ∀ x, ¬ p x := by
  exact fun x hx => h ⟨x, hx⟩
--or
  simp_all

theorem prop_not_forall (α : Type) (p : α → Prop) (h : ∃ x, ¬ p x) : ¬ ∀ x, p x := by
  obtain ⟨x, hx⟩ := h
  exact fun h1 => hx (h1 x)
--or
  simp_all

theorem function_congr (f : Nat → Nat) (a b : Nat) (h : a = b) : f a = f b := by
  rw [h]
--or
  simp_all
--or
  exact congrArg f h

theorem function_comp (f g : Nat → Nat) (hf : ∀ x, f x = x) (hg : ∀ x, g x = x) (a : Nat) : f (g a) = a := by
  rw [hf, hg]
--or
  simp_all

theorem function_injective (f : Nat → Nat) (h : ∀ x y, f x = f y → x = y) (a b : Nat) (e : f (f a) = f (f b)) : a = b := by
  exact h _ _ (h _ _ e)

theorem function_involution (f : Nat → Nat) (h : ∀ x, f (f x) = x) (a : Nat) : f (f (f (f a))) = a := by
  rw [h, h]
--or
  simp_all

theorem eq_trans (a b c d : Nat) (h1 : a = b) (h2 : b = c) (h3 : c = d) : a = d := by
  omega
--or
  rw [h1, h2, h3]
--or
  simp_all

theorem eq_symm_trans (a b c : Int) (h1 : a = b) (h2 : a = c) : c = b := by
  omega
--or
  rw [← h1, h2]
--or
  simp_all

theorem ite_le (a b : Nat) : (if a ≤ b then a else b) ≤ b + $K := by
  split <;> omega

theorem ite_pos (a : Nat) : 0 < (if a = 0 then $K else a) := by
  split <;> omega

theorem ite_ge (a b : Int) : a ≤ (if a ≤ b then b else a) := by
  split <;> omega

theorem ite_same (b : Bool) (x : Nat) : (if b then x else x) + $K = x + $K := by
  simp

theorem bool_cases (f : Bool → Bool) (h1 : f true = true) (h2 : f false = true) (b : Bool) : f b = true := by
  cases b <;> simp_all
--or
  cases b
  · exact h2
  · exact h1

theorem bool_and_true (a b : Bool) (h : (a && b) = true) : b = true := by
  simp_all
--or
  grind

theorem bool_or_false (a b : Bool) (h : (a || b) = false) : a = false ∧ b = false := by
  simp_all
--or
  grind

theorem option_map (f : Nat → Nat) (x : Nat) : (some x).map f = some (f x) := by
  rfl
--or
  simp

theorem option_inj (x y : Nat) (h : some x = some y) : x = y := by
  simp_all
--or
  grind

theorem pair_fst (a b : Nat) : (a, b).1 + $K = a + $K := by
  rfl
--or
  simp

theorem pair_swap (a b : Nat) : (a, b).swap = (b, a) := by
  rfl
--or
  simp
