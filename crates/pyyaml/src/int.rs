//! Integers of any size, with no more arithmetic than reading them needs. YAML files hold small ones; Python reads
//! the others too, and a reader that agrees with it must not turn them into something else.

use std::fmt;

/// An integer as Python's `int`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Int {
    negative: bool,
    // Little-endian, no zero limb at the top; zero is empty and not negative.
    limbs: Vec<u32>,
}

impl Int {
    pub(crate) fn new(negative: bool, mut limbs: Vec<u32>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Self { negative: negative && !limbs.is_empty(), limbs }
    }

    /// Reads digits of a base up to 36. `None` when one is not a digit of that base.
    ///
    /// Takes the square of the length for bases that are no power of two; Python refuses more than 4,300 digits
    /// there, and so do the callers.
    pub(crate) fn from_digits(negative: bool, digits: &str, base: u32) -> Option<Self> {
        let mut limbs: Vec<u32> = Vec::new();
        if base.is_power_of_two() {
            let bits = u64::from(base.trailing_zeros());
            let (mut low, mut filled) = (0_u64, 0_u64);
            for char in digits.chars().rev() {
                low |= u64::from(char.to_digit(base)?) << filled;
                filled += bits;
                if filled >= 32 {
                    limbs.push(low_half(low));
                    low >>= 32;
                    filled -= 32;
                }
            }
            limbs.push(low_half(low));
        } else {
            for char in digits.chars() {
                multiply_add(&mut limbs, base, char.to_digit(base)?);
            }
        }
        Some(Self::new(negative, limbs))
    }

    /// `self * factor`
    pub(crate) fn times(mut self, factor: u32) -> Self {
        multiply_add(&mut self.limbs, factor, 0);
        Self::new(self.negative, self.limbs)
    }

    /// `self + other`
    pub(crate) fn plus(self, other: &Self) -> Self {
        if self.negative == other.negative {
            return Self::new(self.negative, add(self.limbs, &other.limbs));
        }
        let longer = self.limbs.len().cmp(&other.limbs.len());
        let larger = longer.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()));
        if larger.is_lt() {
            Self::new(other.negative, subtract(other.limbs.clone(), &self.limbs))
        } else {
            Self::new(self.negative, subtract(self.limbs, &other.limbs))
        }
    }

    /// `-self`
    pub(crate) fn negated(self) -> Self {
        Self::new(!self.negative, self.limbs)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    fn size(&self) -> Option<u128> {
        let add = |sum, part: &u32| sum << 32 | u128::from(*part);
        (self.limbs.len() <= 4).then(|| self.limbs.iter().rev().fold(0, add))
    }

    /// Its value, when it fits.
    pub fn as_u128(&self) -> Option<u128> {
        self.size().filter(|_| !self.negative)
    }

    /// Its value, when it fits.
    pub fn as_i128(&self) -> Option<i128> {
        let value = self.size()?;
        if self.negative { 0_i128.checked_sub_unsigned(value) } else { i128::try_from(value).ok() }
    }

    /// Its value, when it fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_i128().and_then(|value| i64::try_from(value).ok())
    }

    /// Its value, when it fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i128().and_then(|value| u64::try_from(value).ok())
    }

    /// The integer of this value.
    pub fn from_u128(value: u128) -> Self {
        let part = |by: u32| u32::try_from(value >> by & 0xffff_ffff).unwrap_or(0);
        Self::new(false, vec![part(0), part(32), part(64), part(96)])
    }

    /// The integer of this value.
    pub fn from_i128(value: i128) -> Self {
        let size = Self::from_u128(value.unsigned_abs());
        if value < 0 { size.negated() } else { size }
    }

    /// The integer that a float is, if it is one.
    pub(crate) fn from_whole(float: f64) -> Option<Self> {
        (float.is_finite() && float.fract() == 0.0).then(|| Self::from_float(float))
    }

    /// The whole part of a finite float.
    fn from_float(float: f64) -> Self {
        let bits = float.to_bits();
        let exponent = (bits >> 52) & 0x7ff;
        let mantissa = bits & ((1 << 52) - 1);
        if exponent == 0 {
            return Self::default();
        }
        let mantissa = mantissa | 1 << 52;
        // The value is mantissa * 2^(exponent - 1075).
        if exponent < 1075 {
            let whole = mantissa.checked_shr(u32::try_from(1075 - exponent).unwrap_or(64)).unwrap_or(0);
            return Self::new(float < 0.0, vec![low_half(whole), low_half(whole >> 32)]);
        }
        let shift = exponent - 1075;
        let mut limbs = vec![0; usize::try_from(shift / 32).unwrap_or(0)];
        let wide = u128::from(mantissa) << (shift % 32);
        limbs.extend([0_u32, 32, 64].map(|by| u32::try_from((wide >> by) & 0xffff_ffff).unwrap_or(0)));
        Self::new(float < 0.0, limbs)
    }
}

fn low_half(value: u64) -> u32 {
    u32::try_from(value & 0xffff_ffff).unwrap_or(0)
}

fn limb(limbs: &[u32], at: usize) -> u64 {
    limbs.get(at).copied().map_or(0, u64::from)
}

/// The sum of two magnitudes.
fn add(mut limbs: Vec<u32>, other: &[u32]) -> Vec<u32> {
    limbs.resize(limbs.len().max(other.len()), 0);
    let mut carry = 0;
    for (at, part) in limbs.iter_mut().enumerate() {
        let sum = u64::from(*part) + limb(other, at) + carry;
        *part = low_half(sum);
        carry = sum >> 32;
    }
    limbs.push(low_half(carry));
    limbs
}

/// The difference of two magnitudes, of which the first is not the smaller.
fn subtract(mut limbs: Vec<u32>, other: &[u32]) -> Vec<u32> {
    let mut borrow = 0;
    for (at, part) in limbs.iter_mut().enumerate() {
        let wanted = limb(other, at) + borrow;
        borrow = u64::from(u64::from(*part) < wanted);
        *part = low_half((borrow << 32) + u64::from(*part) - wanted);
    }
    limbs
}

fn multiply_add(limbs: &mut Vec<u32>, factor: u32, addend: u32) {
    let mut carry = u64::from(addend);
    for part in limbs.iter_mut() {
        let product = u64::from(*part) * u64::from(factor) + carry;
        *part = low_half(product);
        carry = product >> 32;
    }
    if carry > 0 {
        limbs.push(low_half(carry));
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Self {
        let size = value.unsigned_abs();
        Self::new(value < 0, vec![low_half(size), low_half(size >> 32)])
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(value) = self.as_i128() {
            return fmt::Display::fmt(&value, f);
        }
        let mut rest = self.limbs.clone();
        let mut groups = Vec::new();
        while !rest.is_empty() {
            let mut remainder = 0_u64;
            for part in rest.iter_mut().rev() {
                let value = remainder << 32 | u64::from(*part);
                *part = low_half(value / 1_000_000_000);
                remainder = value % 1_000_000_000;
            }
            groups.push(remainder);
            while rest.last() == Some(&0) {
                rest.pop();
            }
        }
        let digits: Vec<String> = groups.iter().rev().map(|group| format!("{group:09}")).collect();
        let digits = digits.concat();
        let digits = digits.trim_start_matches('0');
        f.pad_integral(!self.negative, "", digits)
    }
}

impl fmt::LowerHex for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.limbs.iter().rev().map(|part| format!("{part:08x}")).collect();
        let digits = parts.concat();
        let digits = digits.trim_start_matches('0');
        f.pad_integral(!self.negative, "0x", if digits.is_empty() { "0" } else { digits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_in_every_base_and_written_back() {
        let big = "123456789012345678901234567890123456789012345678901234567890";
        assert_eq!(Int::from_digits(true, big, 10).unwrap().to_string(), format!("-{big}"));
        assert_eq!(
            format!("{:#x}", Int::from_digits(false, "deadbeefdeadbeef1", 16).unwrap()),
            "0xdeadbeefdeadbeef1"
        );
        assert_eq!(Int::from_digits(false, "777777777777", 8).unwrap().as_i64(), Some(0o777_777_777_777));
        assert_eq!(Int::from_digits(true, "000", 10).unwrap(), Int::default());
        assert_eq!(Int::from_digits(false, "12a", 10), None);
    }

    #[test]
    fn a_float_equals_the_integer_of_the_same_number_only() {
        assert_eq!((Int::from_whole(1.0), Int::from_whole(-0.0)), (Some(Int::from(1)), Some(Int::from(0))));
        assert_eq!(Int::from_whole(2_f64.powi(96)), Int::from_digits(false, "1000000000000000000000000", 16));
        assert_eq!((Int::from_whole(1.5), Int::from_whole(f64::NAN)), (None, None));
        assert_eq!(Int::from_whole(-4_503_599_627_370_497.0), Some(Int::from(-4_503_599_627_370_497)));
    }

    #[test]
    fn sums_have_the_right_sign() {
        let large = 1 << 40;
        for (one, other) in
            [(5, 7), (-5, 7), (5, -7), (-5, -7), (large, -(1 << 33)), (-(1 << 33), large), (3, -3)]
        {
            assert_eq!(Int::from(one).plus(&Int::from(other)), Int::from(one + other), "{one} {other}");
        }
    }
}
