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
