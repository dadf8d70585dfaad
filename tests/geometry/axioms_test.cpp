// What makes a manifold a manifold, checked on every one of them: near, far, at the boundary and at the antipode.
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/flat_space.hpp>
#include <softmech/geometry/manifold.hpp>
#include <softmech/geometry/simplex.hpp>
#include <softmech/geometry/sphere.hpp>
#include <softmech/geometry/sphere_product.hpp>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

using namespace softmech;

static_assert(Manifold<Sphere> && Manifold<Simplex> && Manifold<FlatSpace>);
static_assert(EmbeddedManifold<Sphere> && EmbeddedManifold<FlatSpace> && !EmbeddedManifold<Simplex>);
static_assert(EmbeddedManifold<SphereProduct>);
static_assert(NormalSource<RandomStream>);

namespace {

constexpr double round_off = 5e-15;
constexpr Eigen::Index size = 6;

/// Two tokens on S², or with their means taken out on S¹.
struct Tokens : SphereProduct {
  explicit Tokens(Eigen::Index ambient) : SphereProduct(2, ambient / 2) {}
};
struct CenteredTokens : SphereProduct {
  explicit CenteredTokens(Eigen::Index ambient) : SphereProduct(2, ambient / 2, true) {}
};

struct Pair {
  std::string what;
  Vector x, y;
};

template <class M>
constexpr double curvature = 0;
template <>
constexpr double curvature<Sphere> = 1;
template <>
constexpr double curvature<Simplex> = 0.25;

template <class M>
Vector unit_tangent(const M& manifold, const VectorView& x, RandomStream& random) {
  const Vector v = manifold.random_tangent(x, random);
  return v / manifold.norm(x, v);
}

template <class M>
std::vector<Pair> common_pairs(const M& manifold, RandomStream& random) {
  std::vector<Pair> pairs;
  for (int i = 0; i < 5; ++i) {
    const Vector x = manifold.random_point(random);
    pairs.push_back({"random points", x, manifold.random_point(random)});
    for (const double separation : {1e-8, 1e-14}) {
      pairs.push_back(
          {fmt::format("{} apart", separation), x, manifold.exp(x, separation * unit_tangent(manifold, x, random))});
    }
  }
  pairs.push_back({"the same point", pairs[0].x, pairs[0].x});
  return pairs;
}

std::vector<Pair> hard_pairs(const FlatSpace&, RandomStream&) {
  return {{"1e-200 apart", Vector::Zero(size), 1e-200 * Vector::Unit(size, 2)}};
}

std::vector<Pair> hard_pairs(const Sphere& sphere, RandomStream& random) {
  std::vector<Pair> pairs{
      {"1e-200 apart", Vector::Unit(size, 0), Vector::Unit(size, 0) + 1e-200 * Vector::Unit(size, 1)}};
  const Vector x = sphere.random_point(random);
  for (const double from_antipode : {0.1, 1e-8, 1e-14}) {
    const Vector v = (std::numbers::pi - from_antipode) * unit_tangent(sphere, x, random);
    pairs.push_back({fmt::format("{} from the antipode", from_antipode), x, sphere.exp(x, v)});
  }
  return pairs;
}

std::vector<Pair> hard_pairs(const SphereProduct& tokens, RandomStream& random) {
  const Vector x = tokens.random_point(random);
  const Vector away = tokens.random_tangent(x, random);
  Vector to_antipode = away;
  to_antipode.head(3) *= (std::numbers::pi - 1e-8) / away.head(3).norm();
  return {{"one token 1e-8 from the antipode", x, tokens.exp(x, to_antipode)}};
}

std::vector<Pair> hard_pairs(const Simplex& simplex, RandomStream& random) {
  std::vector<Pair> pairs;
  for (const double small : {1e-12, 1e-300}) {
    Vector x = simplex.random_point(random), y = simplex.random_point(random);
    x[0] = small;
    const Vector p = simplex.project_point(x);
    pairs.push_back({fmt::format("p[0] = {}", small), p, y});
    x[0] = 4 * small;
    pairs.push_back({fmt::format("p[0] = {} and 4 times that", small), p, simplex.project_point(x)});
    y[3] = small;
    pairs.push_back({fmt::format("p[0] = q[3] = {}", small), p, simplex.project_point(y)});
  }
  Vector vertex = Vector::Constant(size, 1e-300), other = vertex;
  vertex[0] = other[1] = 1;
  pairs.push_back({"two vertices", vertex, other});
  return pairs;
}

/// Calls check(manifold, x, y, random) for all pairs of the manifold, in both orders.
template <class M, class Check>
void for_all_pairs(Check check) {
  const M manifold(size);
  RandomStream random(20, 0, "axioms");
  std::vector<Pair> pairs = common_pairs(manifold, random);
  for (auto& pair : hard_pairs(manifold, random)) pairs.push_back(std::move(pair));
  for (const auto& [what, x, y] : pairs) {
    INFO(what);
    CHECK(manifold.why_not_point(x).value_or("") == "");
    CHECK(manifold.why_not_point(y).value_or("") == "");
    check(manifold, x, y, random);
    check(manifold, y, x, random);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("The metric is bilinear, symmetric and positive, and norm is its square root", "", Sphere, Simplex,
                   FlatSpace, Tokens, CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector&, RandomStream& random) {
    const Vector u = manifold.random_tangent(x, random), v = manifold.random_tangent(x, random);
    const double scale = manifold.norm(x, u) * manifold.norm(x, v);
    CHECK(manifold.inner(x, u, v) == Approx(manifold.inner(x, v, u)).margin(round_off * scale));
    CHECK(manifold.inner(x, u, u + 2 * v) == Approx(manifold.inner(x, u, u) + 2 * manifold.inner(x, u, v))
                                                 .margin(round_off * (manifold.inner(x, u, u) + scale)));
    CHECK(std::abs(manifold.inner(x, u, v)) <= scale * (1 + round_off));
    CHECK(manifold.norm(x, u) * manifold.norm(x, u) == Approx(manifold.inner(x, u, u)).epsilon(round_off));
    CHECK(manifold.norm(x, -3 * u) == Approx(3 * manifold.norm(x, u)).epsilon(round_off));
    CHECK(manifold.norm(x, Vector::Zero(size)) == 0);
  });
}

TEMPLATE_TEST_CASE("The distance is symmetric and is the norm of the logarithm", "", Sphere, Simplex, FlatSpace, Tokens,
                   CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector& y, RandomStream&) {
    const double distance = manifold.distance(x, y);
    CHECK(manifold.distance(y, x) == distance);
    CHECK(manifold.distance(x, x) == 0);
    // Centered tokens leave their hyperplane by the rounding of their coordinates, which the logarithm takes out.
    const double off_plane = std::is_same_v<TestType, CenteredTokens> ? 1e-16 : 0;
    CHECK(manifold.norm(x, manifold.log(x, y)) == Approx(distance).epsilon(round_off).margin(off_plane));
  });
}

TEMPLATE_TEST_CASE("exp(x, log(x, y)) is y, and log(x, exp(x, v)) is v", "", Sphere, Simplex, FlatSpace, Tokens,
                   CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector& y, RandomStream& random) {
    const Vector v = manifold.log(x, y);
    CHECK(manifold.why_not_tangent(x, v).value_or("") == "");
    CHECK(manifold.distance(manifold.exp(x, v), y) <= round_off);
    CHECK((manifold.exp(x, v) - y).norm() <= round_off);
    CHECK(manifold.exp(x, 0 * v) == x);

    const Vector u = 1e-3 * manifold.random_tangent(x, random);
    if (x.minCoeff() > 1e-5 || !std::is_same_v<TestType, Simplex>) {
      CHECK(manifold.norm(x, manifold.log(x, manifold.exp(x, u)) - u) <= round_off);
    }
  });
}

TEMPLATE_TEST_CASE("Parallel transport is an isometry that carries the geodesic's velocity", "", Sphere, Simplex,
                   FlatSpace, Tokens, CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector& y, RandomStream& random) {
    const Vector u = unit_tangent(manifold, x, random), v = unit_tangent(manifold, x, random);
    const Vector u_at_y = manifold.transport(x, y, u), v_at_y = manifold.transport(x, y, v);
    CHECK(manifold.why_not_tangent(y, u_at_y).value_or("") == "");
    CHECK(manifold.inner(y, u_at_y, v_at_y) == Approx(manifold.inner(x, u, v)).margin(round_off));
    CHECK(manifold.norm(y, u_at_y) == Approx(1).epsilon(round_off));
    CHECK(manifold.norm(x, manifold.transport(y, x, u_at_y) - u) <= round_off);

    const double distance = manifold.distance(x, y);
    CHECK(manifold.norm(y, manifold.transport(x, y, manifold.log(x, y)) + manifold.log(y, x)) <= round_off * distance);
  });
}

TEMPLATE_TEST_CASE("A geodesic adds up its length and can be run backwards", "", Sphere, Simplex, FlatSpace, Tokens,
                   CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector& y, RandomStream&) {
    const Vector v = manifold.log(x, y);
    const double distance = manifold.distance(x, y);
    const Vector between = manifold.exp(x, 0.3 * v);
    CHECK(manifold.distance(x, between) == Approx(0.3 * distance).margin(round_off));
    CHECK(manifold.distance(between, y) == Approx(0.7 * distance).margin(round_off));
    CHECK(manifold.distance(manifold.exp(y, -manifold.transport(x, y, v)), x) <= round_off);
  });
}

TEMPLATE_TEST_CASE("Triangles: the inequality, and the law of cosines of constant curvature", "", Sphere, Simplex,
                   FlatSpace) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector& y, RandomStream& random) {
    const Vector z = manifold.random_point(random);
    const double a = manifold.distance(x, y), b = manifold.distance(x, z), c = manifold.distance(y, z);
    CHECK(c <= a + b + round_off);
    CHECK(a <= b + c + round_off);
    const double inner = manifold.inner(x, manifold.log(x, y), manifold.log(x, z));  // a b cos γ
    if constexpr (curvature<TestType> == 0) {
      CHECK(c * c == Approx(a * a + b * b - 2 * inner).epsilon(1e-13));
    } else if (a > 0) {
      const double k = std::sqrt(curvature<TestType>);
      CHECK(std::cos(k * c) ==
            Approx(std::cos(k * a) * std::cos(k * b) + std::sin(k * a) * std::sin(k * b) * inner / (a * b))
                .margin(round_off));
    }
  });
}

TEMPLATE_TEST_CASE("Projections land on the manifold, change nothing there, and are orthogonal", "", Sphere, Simplex,
                   FlatSpace, Tokens, CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector&, RandomStream& random) {
    const Vector off = 1.7 * x;
    CHECK(manifold.why_not_point(manifold.project_point(off)).value_or("") == "");
    CHECK((manifold.project_point(x) - x).norm() <= round_off);

    const Vector a = Vector::NullaryExpr(size, [&] { return random.normal(); });
    const Vector v = manifold.project_vector(x, a);
    CHECK(manifold.why_not_tangent(x, v).value_or("") == "");
    CHECK((manifold.project_vector(x, v) - v).norm() <= round_off * (1 + a.norm()));
    const Vector u = manifold.random_tangent(x, random);
    const double scale = manifold.norm(x, a) * manifold.norm(x, u);
    CHECK(manifold.inner(x, a - v, u) == Approx(0).margin(round_off * (1 + scale)));
  });
}

TEMPLATE_TEST_CASE("Random tangent vectors are standard normal: the mean of norm² is the dimension", "", Sphere,
                   Simplex, FlatSpace, Tokens, CenteredTokens) {
  const TestType manifold(size);
  RandomStream random(21, 0, "tangents");
  const Vector x = manifold.random_point(random);
  const Vector fixed = unit_tangent(manifold, x, random);
  const int samples = 20000;
  double norms = 0, along = 0;
  for (int i = 0; i < samples; ++i) {
    const Vector v = manifold.random_tangent(x, random);
    norms += manifold.inner(x, v, v) / samples;
    along += std::pow(manifold.inner(x, v, fixed), 2) / samples;
  }
  const double dimension = static_cast<double>(manifold.dimension());
  CHECK(norms == Approx(dimension).margin(4 * std::sqrt(2 * dimension / samples)));
  CHECK(along == Approx(1).margin(4 * std::sqrt(2.0 / samples)));
}

TEMPLATE_TEST_CASE("An embedded geodesic is exp and transport in place, and its acceleration is normal", "", Sphere,
                   FlatSpace, Tokens, CenteredTokens) {
  for_all_pairs<TestType>([](const auto& manifold, const Vector& x, const Vector& y, RandomStream& random) {
    const Vector v = manifold.log(x, y);
    Vector point = x, velocity = 4 * v;
    manifold.geodesic(point, velocity, 0.25);
    CHECK(manifold.distance(point, y) <= round_off);
    CHECK((velocity / 4 - manifold.transport(x, y, v)).norm() <= round_off * (1 + v.norm()));
    manifold.geodesic(point, velocity, -0.25);
    CHECK((point - x).norm() <= round_off);
    CHECK((velocity / 4 - v).norm() <= round_off * (1 + v.norm()));
    Vector tangent = x + 2 * y;
    manifold.project_vector_in_place(x, tangent);
    CHECK((tangent - manifold.project_vector(x, x + 2 * y)).norm() <= round_off);

    // Second difference of the geodesic: error |v|⁴h²/12 + 4ε/h².
    const Vector u = unit_tangent(manifold, x, random);
    const double h = 1e-4;
    const Vector second = (manifold.exp(x, h * u) - 2 * x + manifold.exp(x, -h * u)) / (h * h);
    CHECK((second - manifold.normal_acceleration(x, u)).norm() <= 2e-7);
    Vector acceleration = u;
    manifold.add_normal_acceleration(x, u, acceleration);
    CHECK((acceleration - u - manifold.normal_acceleration(x, u)).norm() <= round_off);
    CHECK(std::abs(manifold.inner(x, manifold.normal_acceleration(x, u), u)) <= round_off);

    Vector off = manifold.project_point(x + 1e-3 * u), off_velocity = u;
    manifold.project_state(off, off_velocity);
    CHECK(manifold.why_not_tangent(off, off_velocity).value_or("") == "");
  });
}
