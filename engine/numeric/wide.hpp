#pragma once

#include <bit>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstdint>

namespace varve::engine {

// Integers of 128 bits, and products of two of 64. Compilers have them for machines of 64 bits
// alone; for others there are two words. With VARVE_TWO_WORDS defined those are used everywhere, so
// that what a machine of 32 bits does can be tested on one of 64.

/// All 128 bits of a product.
struct Product {
  std::uint64_t high;
  std::uint64_t low;
};

namespace by_words {

constexpr Product multiply(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t half = 0xFFFF'FFFF;
  // No sum below passes 2^64: (2^32 - 1)^2 + 2 * (2^32 - 1) is 2^64 - 1.
  const std::uint64_t lows = (a & half) * (b & half);
  const std::uint64_t cross = (a >> 32) * (b & half) + (lows >> 32);
  const std::uint64_t other = (a & half) * (b >> 32) + (cross & half);
  return {(a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32), other << 32 | (lows & half)};
}

constexpr std::uint64_t fraction_of(std::uint64_t number, std::uint64_t whole) {
  std::uint64_t fraction = 0;
  for (int bit = 0; bit < 64; ++bit) {
    const bool carry = number >> 63 != 0;  // The bit that the next line loses.
    number <<= 1;
    fraction <<= 1;
    if (carry || number >= whole) {
      number -= whole;
      fraction |= 1;
    }
  }
  return number == 0 ? fraction : fraction + 1;
}

/// Does what the compilers' integers of 128 bits do, as far as this engine asks for it.
template <bool is_signed>
class TwoWords {
 public:
  constexpr TwoWords() = default;
  template <std::integral T>
  constexpr TwoWords(T value) : low_(static_cast<std::uint64_t>(value)) {
    if constexpr (std::signed_integral<T>) high_ = value < 0 ? ~std::uint64_t{0} : 0;
  }
  explicit constexpr TwoWords(const TwoWords<!is_signed>& other)
      : high_(other.high()), low_(other.low()) {}
  /// Towards zero. REQUIRES a magnitude below 2^127.
  explicit TwoWords(double value);

  constexpr std::uint64_t high() const { return high_; }
  constexpr std::uint64_t low() const { return low_; }

  /// The lowest bits.
  template <std::integral T>
  explicit constexpr operator T() const {
    return static_cast<T>(low_);
  }
  /// The nearest. REQUIRES that the thread rounds so.
  explicit operator double() const;

  constexpr TwoWords& operator+=(TwoWords other) {
    low_ += other.low_;
    high_ += other.high_ + (low_ < other.low_ ? 1 : 0);
    return *this;
  }
  constexpr TwoWords& operator-=(TwoWords other) { return *this += -other; }
  constexpr TwoWords& operator*=(TwoWords other) {
    const Product lows = multiply(low_, other.low_);
    high_ = lows.high + high_ * other.low_ + low_ * other.high_;
    low_ = lows.low;
    return *this;
  }
  constexpr TwoWords& operator|=(TwoWords other) {
    high_ |= other.high_;
    low_ |= other.low_;
    return *this;
  }
  /// REQUIRES fewer than 128 bits, as >>=.
  constexpr TwoWords& operator<<=(unsigned bits);
  constexpr TwoWords& operator>>=(unsigned bits);
  constexpr TwoWords operator-() const;

  friend constexpr TwoWords operator+(TwoWords a, TwoWords b) { return a += b; }
  friend constexpr TwoWords operator-(TwoWords a, TwoWords b) { return a -= b; }
  friend constexpr TwoWords operator*(TwoWords a, TwoWords b) { return a *= b; }
  friend constexpr TwoWords operator|(TwoWords a, TwoWords b) { return a |= b; }
  friend constexpr TwoWords operator<<(TwoWords a, unsigned bits) { return a <<= bits; }
  friend constexpr TwoWords operator>>(TwoWords a, unsigned bits) { return a >>= bits; }
  friend constexpr bool operator==(const TwoWords&, const TwoWords&) = default;
  friend constexpr std::strong_ordering operator<=>(TwoWords a, TwoWords b) {
    if (a.high_ == b.high_) return a.low_ <=> b.low_;
    if constexpr (!is_signed) return a.high_ <=> b.high_;
    return static_cast<std::int64_t>(a.high_) <=> static_cast<std::int64_t>(b.high_);
  }

 private:
  constexpr bool is_negative() const { return is_signed && high_ >> 63 != 0; }
  constexpr std::uint64_t high_shifted(unsigned bits) const {
    if constexpr (!is_signed) return high_ >> bits;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(high_) >> bits);
  }

  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

template <bool is_signed>
TwoWords<is_signed>::TwoWords(double value) {
  constexpr int mantissa_bits = 53;
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  const int shift = exponent - mantissa_bits;
  low_ = static_cast<std::uint64_t>(std::ldexp(fraction, mantissa_bits));
  if (shift >= 0) {
    *this <<= static_cast<unsigned>(shift);
  } else {
    low_ = shift > -64 ? low_ >> -shift : 0;
  }
  if (value < 0) *this = -*this;
}

template <bool is_signed>
TwoWords<is_signed>::operator double() const {
  if (is_negative()) return -static_cast<double>(TwoWords<false>(-*this));
  if (high_ == 0) return static_cast<double>(low_);
  const int zeros = std::countl_zero(high_);
  const TwoWords<false> top = TwoWords<false>(*this) << static_cast<unsigned>(zeros);
  // The upper 64 bits are more than a double has; that something follows is enough to know of the
  // rest.
  const std::uint64_t rest = top.low() != 0 ? 1 : 0;
  return std::ldexp(static_cast<double>(top.high() | rest), 64 - zeros);
}

template <bool is_signed>
constexpr TwoWords<is_signed>& TwoWords<is_signed>::operator<<=(unsigned bits) {
  if (bits >= 64) {
    high_ = low_ << (bits - 64);
    low_ = 0;
  } else if (bits != 0) {
    high_ = high_ << bits | low_ >> (64 - bits);
    low_ <<= bits;
  }
  return *this;
}

template <bool is_signed>
constexpr TwoWords<is_signed>& TwoWords<is_signed>::operator>>=(unsigned bits) {
  if (bits >= 64) {
    low_ = high_shifted(bits - 64);
    high_ = is_negative() ? ~std::uint64_t{0} : 0;
  } else if (bits != 0) {
    low_ = low_ >> bits | high_ << (64 - bits);
    high_ = high_shifted(bits);
  }
  return *this;
}

template <bool is_signed>
constexpr TwoWords<is_signed> TwoWords<is_signed>::operator-() const {
  TwoWords negated;
  negated.low_ = ~low_ + 1;
  negated.high_ = ~high_ + (low_ == 0 ? 1 : 0);
  return negated;
}

constexpr bool sum_fits(TwoWords<true> a, TwoWords<true> b, TwoWords<true>& sum) {
  sum = a + b;
  return (a < 0) != (b < 0) || (sum < 0) == (a < 0);
}

}  // namespace by_words

#if defined(__SIZEOF_INT128__) && !defined(VARVE_TWO_WORDS)

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

/// The product of two, whole.
constexpr Product multiply(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = static_cast<Uint128>(a) * b;
  return {static_cast<std::uint64_t>(product >> 64), static_cast<std::uint64_t>(product)};
}

/// How many 2^-64 the number is of the whole, rounded up. REQUIRES a number below the whole.
constexpr std::uint64_t fraction_of(std::uint64_t number, std::uint64_t whole) {
  return static_cast<std::uint64_t>(((static_cast<Uint128>(number) << 64) + whole - 1) / whole);
}

/// Adds them. False, and `sum` has no meaning, where that does not fit.
constexpr bool sum_fits(Int128 a, Int128 b, Int128& sum) {
  return !__builtin_add_overflow(a, b, &sum);
}

#else

using Int128 = by_words::TwoWords<true>;
using Uint128 = by_words::TwoWords<false>;
using by_words::fraction_of;
using by_words::multiply;
using by_words::sum_fits;

#endif

}  // namespace varve::engine
