#include <softmech/scaling/scaling_source.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace softmech;

namespace {

/// A table in a file of its own.
class TableFile {
 public:
  explicit TableFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("softmech-scaling-{}-{}.csv", ::getpid(), ++count_)) {
    std::ofstream(path_) << text;
  }
  ~TableFile() { std::filesystem::remove(path_); }
  ScalingInput read(const ScalingColumns& columns = {}) const { return read_scaling_data(std::vector{path_}, columns); }

 private:
  static inline int count_ = 0;
  std::filesystem::path path_;
};

std::string refusal(const std::string& text, const ScalingColumns& columns = {}) {
  try {
    TableFile(text).read(columns);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "was read";
}

ScalingColumns observable(const std::string& y) {
  ScalingColumns columns;
  columns.y = y;
  return columns;
}

/// An ensemble with `replicas` members at each of two sizes and two places: m = size + x + 0.1·replica.
Dataset ensemble(int replicas) {
  std::vector<double> size, x, m, beta;
  std::vector<std::int64_t> id;
  std::vector<std::string> kind;
  for (const double s : {10.0, 20.0}) {
    for (const double place : {1.0, 2.0}) {
      for (int r = 0; r < replicas; ++r) {
        id.push_back(std::ssize(id));
        size.push_back(s), x.push_back(place), m.push_back(s + place + 0.1 * r), beta.push_back(r % 2);
        kind.push_back(r % 2 == 0 ? "even" : "odd");
      }
    }
  }
  const std::size_t count = id.size();
  const auto variable = [count](std::string name, Values values) {
    return Variable{std::move(name), {"member"}, {count}, std::move(values), "", "1", {}};
  };
  Dataset data;
  data.variables = {variable("member", id), variable("size", size), variable("x", x),
                    variable("m", m),       variable("beta", beta), variable("kind", kind)};
  data.variables[3].attributes = {{"coordinates", "size x"}};
  return data;
}

}  // namespace

TEST_CASE("a table is read whatever the order of its rows, with sizes on grids of their own") {
  const ScalingInput input = TableFile("size,x,y,dy\n20,1.5,4,0.4\n10,2,2,0.2\n10,1,1,0.1\n").read();
  REQUIRE(input.data.points() == 3);
  CHECK(input.data.size == (Vector(3) << 10, 10, 20).finished());
  CHECK(input.data.x == (Vector(3) << 1, 2, 1.5).finished());
  CHECK(input.data.series[0].y == (Vector(3) << 1, 2, 4).finished());
  CHECK(input.data.series[0].error == (Vector(3) << 0.1, 0.2, 0.4).finished());
  CHECK(input.notes.empty());
  CHECK(TableFile("10 1 1 0.1\n20 1 2 0.1\n").read().data.points() == 2);  // four columns need no names
}

TEST_CASE("a table says what it did not use") {
  const ScalingInput input = TableFile("a,size,b,x,c,y,d,dy,e\n1,10,1,1,1,1,1,.1,1\n1,20,1,1,1,1,1,.1,1\n").read();
  REQUIRE(input.notes.size() == 1);
  CHECK(input.notes[0] == "columns that are not used: a, b, c, d, e");
}

TEST_CASE("tables that no analysis can use are refused with the row and what to do") {
  using Catch::Contains;
  CHECK_THAT(refusal("size,x,y\n10,1,1\n20,1,2\n"), Contains("\"y\" has no errors") && Contains("data.error=NAME"));
  CHECK_THAT(refusal("size,x,y,dy\n10,1,1,.1\n10,2,2,.1\n"), Contains("size is 10 in all rows"));
  CHECK_THAT(refusal("size,x,y,dy\n10,1,1,.1\n20,1,1,.1\n10,1,2,.1\n"),
             Contains("row 1 and row 3") && Contains("average them"));
  CHECK_THAT(refusal("size,x,y,dy\n10,1,nan,.1\n20,1,1,.1\n"), Contains("\"y\" is nan in row 1"));
  CHECK_THAT(refusal("size,x,y,dy\n10,1,,.1\n20,1,1,.1\n"), Contains("\"y\" is nan in row 1"));
  CHECK_THAT(refusal("size,x,y,dy\n10,1,1,0\n20,1,1,.1\n"), Contains("\"dy\" is 0 in row 1") && Contains("> 0"));
  CHECK_THAT(refusal("size,x,y,dy\n-10,1,1,.1\n20,1,1,.1\n"), Contains("size = -10 in row 1: must be > 0"));
  CHECK_THAT(refusal("L,T,m,dm\n10,1,1,.1\n20,1,1,.1\n"), Contains("it has no \"size\"") && Contains("data.size=NAME"));
  CHECK_THAT(refusal("1 2 3 4 5 6 7 8 9\n1 2 3 4 5 6 7 8 9\n"), Contains("9 columns and no line of column names"));
  CHECK_THAT(refusal("size,x,y,y\n10,1,1,.1\n20,1,1,.1\n"), Contains("same name"));
  CHECK_THAT(refusal("size,x,y,dy\n"), Contains("no numbers"));
  CHECK_THAT(refusal("size,x,y,dy\n10,1,1,.1\n20,1,1,.1\n", observable("binder(y, y)")), Contains("several members"));
  ScalingColumns columns;
  columns.lowest_size = 100;
  CHECK_THAT(refusal("size,x,y,dy\n10,1,1,.1\n20,1,1,.1\n", columns), Contains("no row is left"));
}

TEST_CASE("members of a point give its mean, its error and functions of means") {
  const ScalingInput input = scaling_data_of(ensemble(5), "here", observable("m; variance(m, m^2)"));
  REQUIRE(input.data.points() == 4);
  REQUIRE(input.data.members.size() == 4);
  CHECK(input.data.series[0].y[0] == Approx(11.2));
  CHECK(input.data.series[0].error[0] == Approx(0.1 * std::sqrt(2.5 / 5)));
  CHECK(input.data.series[1].y[3] == Approx(0.02));
  REQUIRE(input.notes.size() == 1);
  CHECK_THAT(input.notes[0], Catch::Contains("5 members at some points"));
  CHECK(scaling_data_of(ensemble(8), "here", observable("m")).notes.empty());
  CHECK(scaling_data_of(ensemble(4), "here", observable("binder(m^2, m^4)")).dimensionless == std::vector{true});
}

TEST_CASE("members of a point must not differ in what was swept") {
  Dataset data = ensemble(4);
  data.variables[3].attributes = {{"coordinates", "size x beta kind"}};
  CHECK_THROWS_WITH(scaling_data_of(data, "here", observable("m")),
                    Catch::Contains("differ in \"beta\"") && Catch::Contains("data.where=beta=VALUE"));
  std::get<std::vector<double>>(data.variables[4].values).assign(16, std::numeric_limits<double>::quiet_NaN());
  data.variables[3].attributes = {{"coordinates", "size x beta"}};
  CHECK(scaling_data_of(data, "here", observable("m")).data.points() == 4);  // undefined in all members: no difference
  data = ensemble(4);
  ScalingColumns columns = observable("m");
  columns.where = "beta=1, kind = odd";
  const ScalingInput input = scaling_data_of(data, "here", columns);
  CHECK(input.data.members[0].rows() == 2);
  CHECK(input.data.series[0].y[0] == Approx(11.2));
  columns.where = "beta";
  CHECK_THROWS_WITH(scaling_data_of(data, "here", columns), Catch::Contains("must be NAME=VALUE"));
  columns.where = "bta=1";
  CHECK_THROWS_WITH(scaling_data_of(data, "here", columns), Catch::Contains("did you mean \"beta\""));
}

TEST_CASE("of curves the last or the largest value counts") {
  Dataset data = ensemble(4);
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> curve;
  for (int i = 0; i < 16; ++i) curve.insert(curve.end(), {1.0 + i, 5.0 + i, 2.0 + i, unknown});
  data.variables.push_back({"step", {"step"}, {4}, std::vector<double>{0, 1, 2, 3}, "", "1", {}});
  data.variables.push_back({"heat", {"member", "step"}, {16, 4}, curve, "", "1", {}});
  ScalingColumns columns = observable("heat");
  CHECK(scaling_data_of(data, "here", columns).data.series[0].y[0] == Approx(2 + 1.5));
  columns.along = "largest";
  CHECK(scaling_data_of(data, "here", columns).data.series[0].y[0] == Approx(5 + 1.5));
}
