#include <catch2/catch.hpp>

#include <softmech/learning/general_network.hpp>
#include <softmech/learning/learning_record.hpp>
#include <softmech/learning/task.hpp>
#include <softmech/learning/training.hpp>

#include <cmath>
#include <set>

using namespace softmech;

namespace {

struct SmallRun {
  TaskSettings task;
  NetworkShape shape;
  OptimizerSettings optimizer;
  Split split;
  Parameters<double> initial;

  static RandomStream random(std::string_view purpose) { return {1, 0, purpose}; }

  SmallRun() {
    task.modulus = 7;
    task.train_fraction = 0.6;
    optimizer.learning_rate = 1e-2;
    shape.heads = 2;
    shape.width = 12;
    shape.head_dim = 6;
    shape.mlp_width = 16;
    shape.positions = 2;
    shape.vocabulary = 7;
    split = task.make_split(random);
    initial = initial_parameters(ParameterLayout(shape), shape, 1.0, random);
  }

  template <class Scalar>
  Training<GeneralNetwork<Scalar>> training(std::int64_t batch = 0) const {
    return {GeneralNetwork<Scalar>(shape), initial.cast<Scalar>(), optimizer,
            Minibatches(split.train, batch, random("batches"))};
  }
};

}  // namespace

TEST_CASE("minibatches go through all examples once per epoch, in a new order, from any step", "[learning]") {
  const Examples train = SmallRun().split.train;  // 29 pairs
  REQUIRE(train.size() == 29);
  Minibatches forward(train, 8, SmallRun::random("batches"));
  std::vector<std::vector<std::int32_t>> seen;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::set<std::pair<int, int>> pairs;
    for (int i = 0; i < 4; ++i) {
      const Examples& batch = forward.at(4 * epoch + i);
      CHECK(batch.size() == (i < 3 ? 8u : 5u));
      for (std::size_t k = 0; k < batch.size(); ++k) {
        pairs.insert({batch.first[k], batch.second[k]});
        CHECK(batch.answer[k] == (batch.first[k] + batch.second[k]) % 7);
        if (k > 0)
          CHECK(std::pair(batch.first[k - 1], batch.second[k - 1]) < std::pair(batch.first[k], batch.second[k]));
      }
      if (i == 0) seen.push_back(batch.first);
    }
    CHECK(pairs.size() == 29);
  }
  CHECK(seen[0] != seen[1]);
  CHECK(seen[1] != seen[2]);
  Minibatches resumed(train, 8, SmallRun::random("batches"));
  CHECK(resumed.at(4).first == seen[1]);
  CHECK(Minibatches(train, 29, SmallRun::random("batches")).is_full());
}

TEST_CASE("training that was saved and restored continues with the same bits", "[learning]") {
  const SmallRun run;
  for (const std::int64_t batch : {0, 5}) {
    auto whole = run.training<float>(batch), first = run.training<float>(batch), second = run.training<float>(batch);
    for (int i = 0; i < 23; ++i) whole.update();
    for (int i = 0; i < 11; ++i) first.update();
    second.restore(first.save());
    CHECK(second.step() == 11);
    for (int i = 11; i < 23; ++i) second.update();
    CHECK((whole.parameters() == second.parameters()).all());
    CHECK(whole.train_loss().loss == second.train_loss().loss);
  }
}

TEST_CASE("training memorizes a small table", "[learning]") {
  auto training = SmallRun().training<double>();
  CHECK(training.train_loss().loss == Approx(std::log(7)).epsilon(0.3));
  for (int i = 0; i < 300; ++i) training.update();
  CHECK(training.train_loss().accuracy == 1);
  CHECK(training.train_loss().loss < 0.1);
}

TEST_CASE("a gradient-flow update lowers the loss by the rate times the gradient squared", "[learning]") {
  SmallRun run;
  run.optimizer.kind = "gradient_flow";
  run.optimizer.weight_decay = 0;
  run.optimizer.warmup = 0;
  run.optimizer.learning_rate = 1e-4;
  auto training = run.training<double>();
  for (int i = 0; i < 5; ++i) {
    const double before = training.train_loss().loss, square = training.gradient().square().sum();
    training.update();
    CHECK(before - training.train_loss().loss == Approx(1e-4 * square).epsilon(1e-2));
  }
}

TEST_CASE("a loss that is not finite names the step and the rate to lower", "[learning]") {
  SmallRun run;
  run.optimizer.kind = "sgd";
  run.optimizer.learning_rate = 900;
  run.optimizer.warmup = 0;
  auto training = run.training<float>();
  const auto train = [&] {
    for (int i = 0; i < 100; ++i) training.update();
  };
  CHECK_THROWS_WITH(train(), Catch::Matches("loss at step [0-9]+ is .*nan.*: must be finite; try "
                                            "optimizer.learning_rate = 300, it is 900"));
}

TEST_CASE("a run ends so many updates after its onset, also when it was interrupted", "[learning]") {
  OnsetStop stop(20.0);
  stop.see(100, 0.94);
  CHECK_FALSE(stop.is_over(1000));
  stop.see(110, 0.95);
  stop.see(120, 0.5);
  CHECK_FALSE(stop.is_over(129));
  CHECK(stop.is_over(130));
  OnsetStop resumed(20.0);
  CHECK(resumed.restore(stop.save({1, 2, 3})) == std::vector<double>{1, 2, 3});
  CHECK(resumed.is_over(130));
  CHECK_FALSE(resumed.is_over(129));
  OnsetStop never(std::nullopt);
  never.see(1, 1.0);
  CHECK_FALSE(never.is_over(1000));
}

TEST_CASE("curves are recorded at every so many updates and at the end", "[learning]") {
  TrainSettings train;
  train.steps = 25;
  train.log_every = 10;
  CHECK(train.recorded_steps() == std::vector<std::int64_t>{0, 10, 20, 25});
  for (std::int64_t step = 0; step <= 25; ++step) {
    CHECK(train.records_at(step) == (step == 0 || step == 10 || step == 20 || step == 25));
  }
  train.save_steps = {0, 26};
  CHECK_THROWS_WITH(train.check(), Catch::Contains("train.save_steps holds 26: must be at most train.steps"));
}

TEST_CASE("the record holds what the network says of the data", "[learning]") {
  const SmallRun run;
  auto training = run.training<double>();
  Member member(0, 1);
  LearningRecord<GeneralNetwork<double>> record(training.network(), run.shape, ParameterLayout(run.shape), run.initial,
                                                run.split, 7, 0, member);
  Series series = member.series({"step", std::vector<std::int64_t>{0, 3}, "updates made"});
  record.sample(training, series);
  for (int i = 0; i < 3; ++i) training.update();
  const double test_accuracy = record.sample(training, series);

  const Dataset data = member.snapshot();
  const auto last = [&](const char* name) { return data.at(name).as<double>().back(); };
  GeneralNetwork<double> network(run.shape);
  const BatchLoss test = network.loss(training.parameters(), run.split.test);
  CHECK(last("train_loss") == Approx(network.loss(training.parameters(), run.split.train).loss).epsilon(1e-12));
  CHECK(last("test_loss") == Approx(test.loss).epsilon(1e-12));
  CHECK(last("test_accuracy") == test.accuracy);
  CHECK(test_accuracy == test.accuracy);
  CHECK(last("weight_norm") == Approx(training.parameters().matrix().norm()).epsilon(1e-12));
  CHECK(std::hypot(last("weight_norm_embedding"), last("weight_norm_attention"), last("weight_norm_mlp")) ==
        Approx(last("weight_norm")).epsilon(1e-12));
  AttentionScores<double> scores(run.shape, run.split.test.size());
  network.attention_scores(training.parameters(), run.split.test, scores);
  const auto heads = head_thermodynamics(scores, run.shape);
  CHECK(last("specific_heat_test") == Approx(mean_over_heads(heads).specific_heat).epsilon(1e-12));
  CHECK(last("specific_heat_test_by_head") == Approx(heads.back().specific_heat).epsilon(1e-12));
  CHECK(data.at("specific_heat_by_head").axes == std::vector<std::string>{"step", "head"});
  // At the start the control is the network itself.
  CHECK(data.at("specific_heat_scale_matched").as<double>()[0] ==
        Approx(data.at("specific_heat").as<double>()[0]).epsilon(1e-12));
  CHECK(last("free_energy") == Approx(last("internal_energy") - std::sqrt(6.0) * last("entropy")).epsilon(1e-12));
}

TEST_CASE("with minibatches the recorded training loss is that of the recorded pairs", "[learning]") {
  const SmallRun run;
  auto training = run.training<double>(5);
  Member member(0, 1);
  LearningRecord<GeneralNetwork<double>> record(training.network(), run.shape, ParameterLayout(run.shape), run.initial,
                                                run.split, 7, 8, member);
  Series series = member.series({"step", std::vector<std::int64_t>{0}, "updates made"});
  record.sample(training, series);
  const Dataset data = member.snapshot();
  GeneralNetwork<double> network(run.shape);
  const auto loss = [&](const Examples& examples) { return network.loss(run.initial, examples).loss; };
  const double recorded = data.at("train_loss").as<double>().back();
  CHECK(recorded == Approx(loss(thinned(run.split.train, 8, member.random("recorded train pairs")))).epsilon(1e-12));
  CHECK(std::abs(recorded - loss(run.split.train)) > 1e-6);
  CHECK(data.at("gradient_norm").as<double>().back() == Approx(training.gradient().matrix().norm()).epsilon(1e-12));
}

TEST_CASE("thinned examples are a random choice of them in their order", "[learning]") {
  const Examples all = SmallRun().split.test;  // 20 pairs
  const Examples some = thinned(all, 8, SmallRun::random("thinning"));
  REQUIRE(some.size() == 8);
  std::size_t i = 0;
  for (std::size_t k = 0; k < 8; ++k, ++i) {
    while (i < all.size() && (all.first[i] != some.first[k] || all.second[i] != some.second[k])) ++i;
    REQUIRE(i < all.size());
    CHECK(all.answer[i] == some.answer[k]);
  }
  CHECK(thinned(all, 0, SmallRun::random("thinning")).size() == all.size());
  CHECK(thinned(all, 100, SmallRun::random("thinning")).size() == all.size());
}
