#include <catch2/catch.hpp>

#include <cmath>

#include <fmt/format.h>

#include <softmech/store/dataset.hpp>
#include <softmech/store/table.hpp>

#include "samples.hpp"

using namespace softmech;
using Catch::Contains;

TEST_CASE("Tables are read with every separator, with and without names") {
  for (const std::string separator : {",", ";", "\t", " ", "   ", " , ", " ; "}) {
    INFO("separator '" << separator << "'");
    const auto line = [&](const std::string& a, const std::string& b) { return a + separator + b + "\n"; };
    const Table named = parse_table(line("key", "energy") + line("1", "-2.5e-3") + line("+2", ".5"), "x");
    CHECK(named.names == std::vector<std::string>{"key", "energy"});
    CHECK(named.values == std::vector{1.0, -2.5e-3, 2.0, 0.5});
    CHECK(named.rows() == 2);
    CHECK(named(1, 1) == 0.5);
    const Table bare = parse_table(line("1", "2"), "x");
    CHECK(bare.names.empty());
    CHECK(bare.values == std::vector{1.0, 2.0});
  }
}

TEST_CASE("Tables may have comments, blank lines, quotes, Windows line ends, a byte order mark and no last newline") {
  const Table table =
      parse_table("\xef\xbb\xbf# made by hand\r\n\r\n\"a key\";energy\r\n1;2 # two\r\n  \r\n3;inf", "x");
  CHECK(table.names == std::vector<std::string>{"a key", "energy"});
  CHECK(table.values == std::vector{1.0, 2.0, 3.0, std::numeric_limits<double>::infinity()});
  CHECK(parse_table("5\n6\n7\n", "x").columns() == 1);
  CHECK(std::isnan(parse_table("nan", "x")(0, 0)));
}

TEST_CASE("Where it is allowed empty fields are NaN, and one column may be text") {
  const TableForm form{"run", true};
  const Table table = parse_table("run,x,y\nrun_7,1,\n\"9\",,2\n,3,4\n", "x", form);
  CHECK(table.labels == std::vector<std::string>{"run_7", "9", ""});
  CHECK((std::isnan(table(0, 0)) && table(1, 0) == 9 && std::isnan(table(2, 0))));
  CHECK((std::isnan(table(0, 2)) && std::isnan(table(1, 1)) && table(2, 2) == 4));
  const Table tabs = parse_table("run\tx\ty\r\n\t2\t\r\n1\t\t # none\n", "x", form);
  CHECK((std::isnan(tabs(0, 0)) && tabs(0, 1) == 2 && std::isnan(tabs(0, 2)) && tabs(1, 0) == 1));
  CHECK(parse_table("run,x\n1,2\n", "x", form).labels.empty());
  CHECK_THROWS_WITH(parse_table("run,x\na,b\n", "t.csv", form), Contains("t.csv:2: 'b' in column 2"));
  CHECK_THROWS_WITH(parse_table("run,x\na,1\n", "t.csv", {"", true}), Contains("t.csv:2: 'a' in column 1"));
  CHECK_THROWS_WITH(parse_table("run,x\na,\n", "t.csv", {"run", false}), Contains("t.csv:2: '' in column 2"));
}

TEST_CASE("A wrong table is refused with file:line and what was expected") {
  CHECK_THROWS_WITH(parse_table("a,b\n1,2\n\n1,2,3\n", "t.csv"), Contains("t.csv:4: 3 fields; expected 2"));
  CHECK_THROWS_WITH(parse_table("a,b\n1,x2\n", "t.csv"), Contains("t.csv:2: 'x2' in column 2; expected a number"));
  CHECK_THROWS_WITH(parse_table("1,2\n1,\n", "t.csv"), Contains("t.csv:2: '' in column 2"));
  CHECK_THROWS_WITH(parse_table("a,2\n", "t.csv"), Contains("t.csv:1: the column name '2' is a number"));
  CHECK_THROWS_WITH(parse_table("# nothing\n", "t.csv"), Contains("t.csv: no numbers"));
  CHECK_THROWS_WITH(parse_table("1e999\n", "t.csv"), Contains("t.csv:1: '1e999'"));
  CHECK_THROWS_AS(parse_table("", "t.csv"), StoreError);
  const Directory directory;
  CHECK_THROWS_WITH(read_table(directory / "none.csv"), Contains("none.csv") && Contains("No such file"));
  CHECK_THROWS_WITH(read_table(directory.path()), Contains("is a directory"));
  put_bytes(directory / "t.csv", "x\n1\n");
  CHECK(read_table(directory / "t.csv").values == std::vector{1.0});
}
