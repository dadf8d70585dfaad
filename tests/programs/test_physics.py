"""What the programs write against exact results, recomputed here in NumPy from the energies in the file."""

import numpy as np
import xarray

from conftest import run


def softmax(energies, temperature):
    z = -energies / temperature
    w = np.exp(z - z.max(axis=-1, keepdims=True))
    return w / w.sum(axis=-1, keepdims=True)


def simulate(program, out, **settings):
    arguments = [word for key, value in settings.items() for word in ("--set", f"{key.replace('__', '.')}={value}")]
    run(program, *arguments, "--out", out)
    return xarray.load_dataset(out / "ensemble.h5")


def test_explicit_energies_end_in_the_softmax(out):
    energies = [0.0, 1.0, 2.5, -0.7]
    data = simulate("relax", out, model__energies=energies, model__temperature=1.3, model__friction=8.0, time__end=400.0,
                    solver__rel_tol=1e-12, solver__abs_tol=1e-15)
    exact = softmax(np.array(energies), 1.3)
    assert np.abs(data["equilibrium"].values[0] - exact).max() < 1e-15
    assert np.abs(data["weights"].values[0, -1] - exact).max() < 1e-12


def test_overdamped_flow_is_the_closed_form(out):
    data = simulate("relax", out, model__dynamics="overdamped", model__friction=2.0, model__keys=40, ensemble__members=4,
                    solver__rel_tol=1e-11, solver__abs_tol=1e-14, time__end=2.0)
    t, p, energies = data["time"].values, data["weights"].values, data["energies"].values
    temperature, friction = data["temperature"].values[:, None, None], 2.0
    fade = np.exp(-temperature * t[None, :, None] / friction)
    log_p = fade * np.log(p[:, :1]) - (1 - fade) * energies[:, None, :] / temperature
    exact = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
    exact /= exact.sum(axis=-1, keepdims=True)
    assert np.abs(p - exact).max() < 1e-9


def test_every_mode_has_frequency_sqrt_T_over_m(out):
    data = simulate("relax", out, start__kind="near_equilibrium", start__amplitude=1e-4, model__friction=0.0, model__mass=1.7,
                    model__temperature=2.3, model__head_dim=4, model__keys=24, ensemble__members=3, solver__stepper="fehlberg78", solver__rel_tol=1e-12,
                    solver__abs_tol=1e-16, time__end=10.0, time__samples=201)
    assert np.abs(data["mode_frequency"].values ** 2 / (2.3 / 1.7) - 1).max() < 1e-6
    assert np.abs(data["frequency"].values ** 2 / (2.3 / 1.7) - 1).max() < 1e-6
    assert (data["frequency_spread"].values < 1e-6).all()


def test_undamped_energy_has_no_trend(out):
    """10^5 steps of both symplectic steppers: the error oscillates, the means of the two halves agree.

    Without weights that pass through 0, where the entropy's curvature is infinite and no stepper has its order."""
    for stepper in ("geodesic_leapfrog", "symplectic_rkn"):
        data = simulate("relax", out / stepper, model__friction=0.0, model__keys=8, solver__stepper=stepper, solver__step=0.02,
                        start__kind="near_equilibrium", start__amplitude=0.05, time__end=2000.0, time__samples=2001)
        energy = data["total_energy"].values[0]
        error = energy - energy[0]
        first, second = error[:1000], error[1001:]
        assert np.abs(error).max() < (2e-3 if stepper == "geodesic_leapfrog" else 1e-6) * data["kinetic_energy"].values.max()
        assert abs(first.mean() - second.mean()) < 0.05 * np.ptp(error)


def test_mirror_step_is_the_softmax(out):
    data = simulate("relax", out, model__dynamics="mirror", model__temperature=2.0, model__friction=1.0, solver__step=0.5,
                    time__end=1.0, time__samples=3, ensemble__members=5, model__keys=50)
    assert np.abs(data["weights"].values[:, 1] - softmax(data["energies"].values, 2.0)).max() < 1e-14


def test_thermo_of_a_users_own_logits(tmp_path):
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(200, 37)) * 3
    logits[10:20, 30:] = -np.inf  # masked keys
    np.savetxt(tmp_path / "logits.csv", logits, delimiter=",")
    data = simulate("thermo", tmp_path / "out", model__key_law="file", model__file=tmp_path / "logits.csv", model__contents="logits",
                    model__temperature=1.0)
    p = softmax(-logits, 1.0)
    mean = np.nansum(np.where(p > 0, p * np.where(np.isfinite(logits), logits, 0), 0), axis=1)
    square = np.sum(np.where(p > 0, p * np.where(np.isfinite(logits), logits, 0) ** 2, 0), axis=1)
    heat = square - mean**2
    entropy = -np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0), axis=1)
    np.testing.assert_allclose(data["specific_heat"].values, [heat.mean()], rtol=1e-12)
    np.testing.assert_allclose(data["specific_heat_std"].values, [heat.std(ddof=1)], rtol=1e-10)
    np.testing.assert_allclose(data["specific_heat_error"].values, [heat.std(ddof=1) / np.sqrt(200)], rtol=1e-10)
    np.testing.assert_allclose(data["entropy"].values, [entropy.mean()], rtol=1e-12)
    np.testing.assert_allclose(data["internal_energy"].values, [-mean.mean()], rtol=1e-12)
    np.testing.assert_allclose(data["free_energy"].values, [(-mean - entropy).mean()], rtol=1e-12)
    finite = logits[np.isfinite(logits)]
    assert abs(data["specific_heat_pooled"].values[0] - finite.var()) < 0.02 * finite.var()  # rows count alike there


def test_random_keys_above_condensation(out):
    """High temperature: S = ln n - σ²/2T², C = σ²/T² (random energy model, Derrida 1981), for both random laws."""
    for law in ("gaussian", "sphere"):
        data = simulate("thermo", out / law, model__keys=20000, model__head_dim=64, model__key_law=law, model__temperature=20.0, ensemble__replicas=40)
        ratio = 64 / 20.0**2
        assert abs(data["specific_heat"].values[0] - ratio) < 5 * data["specific_heat_error"].values[0] + 0.002
        assert abs(data["entropy"].values[0] - (np.log(20000) - ratio / 2)) < 5 * data["entropy_error"].values[0] + 0.002


def test_equiangular_keys(out):
    """Self-weight 1/(1 + (n-1) e^{-d(1-ρ)/T}), so Σp² and U in closed form."""
    data = simulate("thermo", out, model__keys=100, model__head_dim=9, model__key_law="equiangular", model__cosine=0.25,
                    model__temperature="[1.0,3.0]", ensemble__replicas=2)
    for i, temperature in enumerate((1.0, 3.0)):
        self_weight = 1 / (1 + 99 * np.exp(-9 * 0.75 / temperature))
        other = (1 - self_weight) / 99
        np.testing.assert_allclose(data["inverse_participation"].values[i], self_weight**2 + 99 * other**2, rtol=1e-12)
        np.testing.assert_allclose(data["internal_energy"].values[i], -9 * (self_weight + 0.25 * (1 - self_weight)), rtol=1e-12)
        assert data["specific_heat_std"].values[i] < 1e-12
