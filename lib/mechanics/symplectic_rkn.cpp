// McLachlan's SB3A (SIAM J. Sci. Comput. 16, 151 (1995)) with the coefficients of Boost.Odeint. Its order conditions
// use that the kinetic energy is quadratic in the momentum, {V,{V,{V,T}}} = 0. That holds on a curved manifold too,
// where the exact flow of T is the geodesic: so straight drifts become geodesics, and order and symplecticity stay.
#include <softmech/mechanics/fixed_step.hpp>

#include <boost/numeric/odeint/stepper/symplectic_rkn_sb3a_mclachlan.hpp>

namespace softmech {

void symplectic_rkn_step(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  namespace sb3a = boost::numeric::odeint::detail::symplectic_rkn_sb3a_mclachlan;
  static const sb3a::coef_a_type<double> drifts;
  static const sb3a::coef_b_type<double> kicks;

  Vector &x = state.position, &v = state.velocity;
  for (std::size_t stage = 0; stage < drifts.size(); ++stage) {
    flow.geodesic(x, v, drifts[stage] * h);
    if (kicks[stage] == 0) continue;
    flow.force(x, buffers.force);
    v += (kicks[stage] * h / flow.mass) * buffers.force;
  }
}

std::unique_ptr<Stepper> symplectic_rkn(const SolverSettings& settings) {
  return fixed_step("symplectic_rkn", settings, symplectic_rkn_step);
}

}  // namespace softmech
