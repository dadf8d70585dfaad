// What a Riemannian manifold has to offer: the one interface that integrators, models and tests rely on.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <concepts>
#include <optional>
#include <string>

namespace softmech {

/// Anything that hands out standard normal numbers; RandomStream is one.
template <class S>
concept NormalSource = requires(S& source) {
  { source.normal() } -> std::convertible_to<double>;
};

/// The plainest NormalSource, to state what the concept below asks of a template; never defined.
struct AnyNormalSource {
  double normal();
};

/// A Riemannian manifold whose points and tangent vectors are written in ambient_dimension() coordinates.
///
/// - inner(x, u, v), norm(x, u): the metric at x.
/// - distance(x, y): length of the minimizing geodesic; exp(x, v): its end after unit time; log(x, y): the v that leads
///   from x to y; transport(x, y, v): v carried parallel from x to y along it.
/// - project_point(a): the nearest point to ambient coordinates a; project_vector(x, a): the orthogonal projection of
///   an ambient vector to the tangent space at x.
/// - random_point(source): uniform in the Riemannian volume where that is finite; random_tangent(x, source): standard
///   normal in the metric, so that the mean of norm² is dimension().
/// - why_not_point(x), why_not_tangent(x, v): nothing if it is one, else why it is not, with the numbers.
///
/// Operations trust their arguments (sizes are asserted in debug builds): check input from outside with why_not_*.
/// What cannot be answered (the logarithm of an antipode) throws std::invalid_argument.
template <class M>
concept Manifold = requires(const M& manifold, const Vector& x, const Vector& y, const Vector& v,
                            AnyNormalSource& source) {
  { manifold.dimension() } -> std::same_as<Eigen::Index>;
  { manifold.ambient_dimension() } -> std::same_as<Eigen::Index>;
  { manifold.inner(x, v, v) } -> std::same_as<double>;
  { manifold.norm(x, v) } -> std::same_as<double>;
  { manifold.distance(x, y) } -> std::same_as<double>;
  { manifold.exp(x, v) } -> std::same_as<Vector>;
  { manifold.log(x, y) } -> std::same_as<Vector>;
  { manifold.transport(x, y, v) } -> std::same_as<Vector>;
  { manifold.project_point(x) } -> std::same_as<Vector>;
  { manifold.project_vector(x, v) } -> std::same_as<Vector>;
  { manifold.random_point(source) } -> std::same_as<Vector>;
  { manifold.random_tangent(x, source) } -> std::same_as<Vector>;
  { manifold.why_not_point(x) } -> std::same_as<std::optional<std::string>>;
  { manifold.why_not_tangent(x, v) } -> std::same_as<std::optional<std::string>>;
};

/// A Manifold with the metric of the Euclidean space around it, and what an integrator in those coordinates needs.
/// The in-place operations allocate nothing.
///
/// - normal_acceleration(x, v): the ambient acceleration ẍ of the geodesic through x with velocity v, normal to the
///   manifold; add_normal_acceleration(x, v, a) adds it to a.
/// - project_vector_in_place(x, a): project_vector, in the memory of a.
/// - geodesic(x, v, t): moves point and velocity, both exactly, along the geodesic for time t.
/// - project_state(x, v): moves x to the nearest point and v to the nearest tangent vector there.
template <class M>
concept EmbeddedManifold = Manifold<M> && requires(const M& manifold, Vector& x, Vector& v, Vector& a, double t) {
  { manifold.normal_acceleration(x, v) } -> std::same_as<Vector>;
  { manifold.add_normal_acceleration(x, v, a) } -> std::same_as<void>;
  { manifold.project_vector_in_place(x, a) } -> std::same_as<void>;
  { manifold.geodesic(x, v, t) } -> std::same_as<void>;
  { manifold.project_state(x, v) } -> std::same_as<void>;
};

}  // namespace softmech
