#include <softmech/ensemble/random.hpp>
#include <softmech/judgement/verdict.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

namespace {

struct Case {
  double value, uncertainty;
  Criterion criterion;
  Verdict expected;
};

Verdict verdict_of(const Case& c) {
  return judge({.value = c.value, .uncertainty = c.uncertainty, .sample_size = 10}, c.criterion);
}

}  // namespace

TEST_CASE("One rule gives all verdicts: the whole interval, none of it, or a part") {
  constexpr auto yes = Verdict::supported, no = Verdict::refuted, open = Verdict::inconclusive;
  const std::vector<Case> table{
      // value ± 1.96 uncertainty against the criterion
      {0.5, 0.1, Criterion::at_most(1.0), yes},   // 0.304 … 0.696
      {0.9, 0.1, Criterion::at_most(1.0), open},  // 0.704 … 1.096
      {1.3, 0.1, Criterion::at_most(1.0), no},    // 1.104 … 1.496
      {1.3, 0.1, Criterion::at_least(1.0), yes},
      {1.1, 0.1, Criterion::at_least(1.0), open},
      {0.7, 0.1, Criterion::at_least(1.0), no},
      {1.01, 0.01, Criterion::equals(1.0, 0.05), yes},  // 0.990 … 1.030
      {1.04, 0.01, Criterion::equals(1.0, 0.05), open},
      {1.08, 0.01, Criterion::equals(1.0, 0.05), no},
      {0.92, 0.01, Criterion::equals(1.0, 0.05), no},
      {1.00, 1.00, Criterion::equals(1.0, 0.05), open},  // a poor measurement agrees with everything and shows nothing
      {0.50, 0.01, Criterion::between(0.4, 0.6), yes},
      // exact numbers, and the ends of the allowed interval
      {1.0, 0.0, Criterion::at_most(1.0), yes},
      {1.0, 0.0, Criterion::less_than(1.0), no},
      {1.0, 0.0, Criterion::at_least(1.0), yes},
      {1.0, 0.0, Criterion::greater_than(1.0), no},
      {std::nextafter(1.0, 2.0), 0.0, Criterion::greater_than(1.0), yes},
      {std::nextafter(1.0, 2.0), 0.0, Criterion::at_most(1.0), no},
  };
  for (const Case& c : table) {
    INFO(c.value << " ± " << c.uncertainty << " must be " << c.criterion.text());
    CHECK(name(verdict_of(c)) == name(c.expected));
  }
}

TEST_CASE("Without a number there is no verdict") {
  const Criterion anything = Criterion::at_least(-1e300);
  CHECK(judge({.value = std::nan(""), .uncertainty = 0.1, .sample_size = 5}, anything) == Verdict::inconclusive);
  CHECK(judge({.value = 1.0, .uncertainty = std::nan(""), .sample_size = 5}, anything) == Verdict::inconclusive);
  CHECK(judge({.value = 1.0, .uncertainty = -0.1, .sample_size = 5}, anything) == Verdict::inconclusive);
  CHECK(judge({.value = 1.0, .uncertainty = 0.1, .sample_size = 0}, anything) == Verdict::inconclusive);
  CHECK(judge({.value = HUGE_VAL, .uncertainty = 0.1, .sample_size = 5}, anything) == Verdict::inconclusive);
  CHECK(judge({.value = 1.0, .uncertainty = 0.1, .sample_size = 5}, anything) == Verdict::supported);
}

TEST_CASE("A true claim at the edge is refuted no more often than the rule says") {
  // The truth is the bound itself, the worst case: 2.5 % of normal measurements lie wholly beyond it, 2.5 % wholly
  // within.
  int refuted = 0, supported = 0;
  constexpr int trials = 20'000;
  RandomStream random(3, 0, "verdict");
  for (int i = 0; i < trials; ++i) {
    const Verdict verdict =
        judge({.value = 1.0 + 0.3 * random.normal(), .uncertainty = 0.3, .sample_size = 1}, Criterion::at_most(1.0));
    refuted += verdict == Verdict::refuted;
    supported += verdict == Verdict::supported;
  }
  CHECK(refuted / double(trials) == Approx(0.025).margin(0.0045));
  CHECK(supported / double(trials) == Approx(0.025).margin(0.0045));
}

TEST_CASE("Criteria say what they allow") {
  CHECK(Criterion::at_most(1e-12).text() == "at most 1e-12");
  CHECK(Criterion::greater_than(0).text() == "greater than 0");
  CHECK(Criterion::equals(1, 0.03).text() == "between 0.97 and 1.03");
}
