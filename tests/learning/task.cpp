#include <catch2/catch.hpp>

#include <softmech/learning/task.hpp>

#include <map>
#include <set>
#include <utility>

using namespace softmech;

namespace {

RandomStream stream_of(std::string_view purpose) { return {7, 3, purpose}; }

TaskSettings task(std::int64_t modulus, NumberOrWord fraction, std::string split = "random") {
  TaskSettings settings;
  settings.modulus = modulus;
  settings.train_fraction = fraction;
  settings.split = std::move(split);
  return settings;
}

std::set<std::pair<int, int>> pairs(const Examples& examples) {
  std::set<std::pair<int, int>> result;
  for (std::size_t i = 0; i < examples.size(); ++i) result.insert({examples.first[i], examples.second[i]});
  return result;
}

std::map<int, int> answer_counts(const Split& split) {
  std::map<int, int> counts;
  for (const auto& side : {split.train, split.test}) {
    for (const int answer : side.answer) ++counts[answer];
  }
  return counts;
}

}  // namespace

TEST_CASE("the operations are those of residues", "[learning]") {
  for (std::int64_t p : {3, 7, 113}) {
    for (std::int64_t a = 0; a < p; ++a) {
      for (std::int64_t b = 0; b < p; ++b) {
        CHECK((operate("add", a, b, p) - a - b) % p == 0);
        CHECK((operate("subtract", a, b, p) - a + b) % p == 0);
        CHECK((operate("multiply", a, b, p) - a * b) % p == 0);
        CHECK((operate("quadratic", a, b, p) - a * a - a * b - b * b) % p == 0);
        for (const char* name : {"add", "subtract", "multiply", "quadratic"}) {
          CHECK((operate(name, a, b, p) >= 0 && operate(name, a, b, p) < p));
        }
      }
    }
  }
  CHECK_THROWS_WITH(operate("divide", 1, 2, 5), Catch::Contains("\"divide\": must be \"add\""));
}

TEST_CASE("a split divides all pairs, sorted, with their answers", "[learning]") {
  for (const char* kind : {"random", "symmetric"}) {
    const Split split = task(23, 0.4, kind).make_split(stream_of);
    const auto train = pairs(split.train), test = pairs(split.test);
    CHECK(train.size() == split.train.size());
    CHECK(train.size() + test.size() == 23 * 23);
    std::set<std::pair<int, int>> all = train;
    all.insert(test.begin(), test.end());
    CHECK(all.size() == 23 * 23);
    for (const Examples& side : {split.train, split.test}) {
      for (std::size_t i = 0; i < side.size(); ++i) {
        CHECK(side.answer[i] == (side.first[i] + side.second[i]) % 23);
        if (i > 0) CHECK(std::pair(side.first[i - 1], side.second[i - 1]) < std::pair(side.first[i], side.second[i]));
      }
    }
    const int wanted = 211;  // floor(0.4 * 529)
    CHECK(static_cast<int>(train.size()) >= wanted);
    CHECK(static_cast<int>(train.size()) <= wanted + (kind == std::string("symmetric")));
  }
}

TEST_CASE("a symmetric split keeps mirror pairs together, a random one does not", "[learning]") {
  const auto torn = [](const char* kind) {
    const auto train = pairs(task(31, 0.5, kind).make_split(stream_of).train);
    return std::count_if(train.begin(), train.end(), [&](const auto& pair) {
      return !train.contains({pair.second, pair.first});
    });
  };
  CHECK(torn("symmetric") == 0);
  CHECK(torn("random") > 150);
}

TEST_CASE("a pair is trained on with probability f", "[learning]") {
  // 400 splits of 49 pairs: each pair's count is hypergeometric, within 5 standard deviations of 400 f.
  const TaskSettings settings = task(7, 0.5);
  std::map<std::pair<int, int>, int> counts;
  for (std::uint32_t member = 0; member < 400; ++member) {
    const auto stream = [&](std::string_view purpose) { return RandomStream(1, member, purpose); };
    for (const auto& pair : pairs(settings.make_split(stream).train)) ++counts[pair];
  }
  REQUIRE(counts.size() == 49);
  for (const auto& [pair, count] : counts) CHECK(std::abs(count - 400 * 24.0 / 49) < 5 * 10);
}

TEST_CASE("permuted labels keep their numbers and lose their rule", "[learning]") {
  TaskSettings settings = task(29, 0.5);
  const Split plain = settings.make_split(stream_of);
  settings.shuffle_labels = true;
  const Split permuted = settings.make_split(stream_of);
  CHECK(pairs(plain.train) == pairs(permuted.train));
  CHECK(answer_counts(plain) == answer_counts(permuted));
  std::size_t right = 0;
  for (std::size_t i = 0; i < permuted.train.size(); ++i) right += permuted.train.answer[i] == plain.train.answer[i];
  CHECK(right < permuted.train.size() / 10);  // 1/29 expected
}

TEST_CASE("the law of the train fraction", "[learning]") {
  TaskSettings settings = task(113, "law");
  settings.law_cap = 0.8;
  settings.law_fraction = 0.58;
  settings.law_modulus = 67;
  settings.law_exponent = 0.3;
  CHECK(settings.fraction() == Approx(0.58 * std::pow(67.0 / 113, 0.3)).epsilon(1e-14));
  settings.modulus = 19;
  CHECK(settings.fraction() == 0.8);
}

TEST_CASE("a fraction must leave pairs on both sides", "[learning]") {
  CHECK_THROWS_WITH(task(5, 0.01).check(), Catch::Contains("0 of 25 pairs training pairs"));
  CHECK_THROWS_WITH(task(3, 0.99).check(), Catch::Contains("must leave at least 1 to train on and 2 to test"));
  CHECK_NOTHROW(task(3, 0.5).check());
}
