#!/usr/bin/python3
"""Transformers on modular arithmetic in plain PyTorch: the same losses as softmech-grok, and the time of a step.

    cmake --preset bench && cmake --build --preset bench --target softmech-grok bench-training
    bench/peers/grok_torch.py                      losses, then speed
    bench/peers/grok_torch.py --only losses        200 steps from the program's initial weights, in double precision
    bench/peers/grok_torch.py --only speed         seconds per full-batch step, one core, alternating rounds
    bench/peers/grok_torch.py --golden tests/learning/golden_trajectory.csv

Written from the formulas of lib/learning/network_shape.hpp with autograd and torch.optim.AdamW; shares no code with the
C++. Needs PyTorch with a fast BLAS: apt install python3-torch libopenblas0, and run it with /usr/bin/python3.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

try:
    import numpy as np
    import torch
except ImportError as error:
    print(f"{error.name} is missing: apt install python3-torch libopenblas0, and run this with /usr/bin/python3", file=sys.stderr)
    sys.exit(2)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NANDA = dict(modulus=113, layers=1, heads=4, width=128, head_dim=32, mlp_width=512, activation="relu", normalization="none",
             position_code="learned", rope_base=1e4, causal=True, tokens="a b =", operator="softmax", alpha=1.5, kappa=0.2)


# ---- The network ----

def entmax(z, alpha):
    """[(α-1) z - τ]_+^{1/(α-1)} and its derivative by z, as functions of ν = τ/(α-1)."""
    def weights(nu):
        return ((alpha - 1) * (z - nu)).clamp(min=0) ** (1 / (alpha - 1))
    return weights, lambda p: torch.where(p > 0, p ** (2 - alpha), torch.zeros_like(p)), 1 / (alpha - 1)


def kappa_softmax(z, kappa):
    """exp_κ(z - ν) and its derivative."""
    def weights(nu):
        return torch.exp(torch.asinh(kappa * (z - nu)) / kappa)
    return weights, lambda p: 2 * p / (p ** kappa + p ** -kappa), 20.0


def normalized_by_offset(z, family):
    """Bisection for ν with Σ φ(z - ν) = 1, then one Newton step that autograd sees: its derivative is the implicit one."""
    weights, slope, reach = family
    high = z.detach().max(-1, keepdim=True).values
    low = high - reach
    with torch.no_grad():
        high = high + reach
        for _ in range(64):
            nu = (low + high) / 2
            too_much = weights(nu).sum(-1, keepdim=True) > 1
            low, high = torch.where(too_much, nu, low), torch.where(too_much, high, nu)
        total_slope = slope(weights(nu)).sum(-1, keepdim=True)
    return weights(nu + (weights(nu).sum(-1, keepdim=True) - 1) / total_slope)


def attention_weights(z, shape, first_query):
    """Rows of weights from scores [example, head, query, key]."""
    queries, keys = z.shape[-2:]
    if shape["operator"] == "softmax":
        if shape["causal"] and queries > 1:
            z = z.masked_fill(torch.ones(queries, keys, dtype=torch.bool).triu(first_query + 1), -math.inf)
        return z.softmax(-1)
    rows = []
    for query in range(queries):
        seen = first_query + query + 1 if shape["causal"] else keys
        row = z[..., query, :seen]
        family = entmax(row, shape["alpha"]) if shape["operator"] == "entmax" else kappa_softmax(row, shape["kappa"])
        rows.append(torch.nn.functional.pad(normalized_by_offset(row, family), (0, keys - seen)))
    return torch.stack(rows, -2)


def normalize(x, weights, name, shape):
    if shape["normalization"] == "none":
        return x
    if shape["normalization"] == "layer":
        return torch.nn.functional.layer_norm(x, x.shape[-1:], weights[f"{name}.w"], weights[f"{name}.b"], 1e-5)
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * weights[f"{name}.w"]


def rotate(x, first_position, base):
    """RoPE of [example, position, head, head_dim]: pairs (c, c + d_h/2)."""
    half = x.shape[-1] // 2
    positions = torch.arange(first_position, first_position + x.shape[1], dtype=x.dtype)
    angle = (positions[:, None] * base ** (-torch.arange(half, dtype=x.dtype) / half))[:, None, :]
    left, right = x[..., :half], x[..., half:]
    return torch.cat([left * angle.cos() - right * angle.sin(), left * angle.sin() + right * angle.cos()], -1)


def heads_product(x, weight):
    """x W^h for all heads in one product: [example, position, head, head_dim]."""
    heads, width, head_dim = weight.shape
    return (x @ weight.permute(1, 0, 2).reshape(width, heads * head_dim)).view(*x.shape[:-1], heads, head_dim)


def logits(weights, tokens, shape, answer_only=True):
    """Logits at the last token; `answer_only`: in the last layer compute nothing that they do not need."""
    x = weights["embed.W_E"][tokens]
    if shape["position_code"] == "learned":
        x = x + weights["pos_embed.W_pos"]
    for layer in range(shape["layers"]):
        block = f"blocks.{layer}"
        first = tokens.shape[1] - 1 if answer_only and layer == shape["layers"] - 1 else 0
        n = normalize(x, weights, f"{block}.ln1", shape)
        q = heads_product(n[:, first:], weights[f"{block}.attn.W_Q"])
        k, v = (heads_product(n, weights[f"{block}.attn.{name}"]) for name in ("W_K", "W_V"))
        if shape["position_code"] == "rope":
            q, k = rotate(q, first, shape["rope_base"]), rotate(k, 0, shape["rope_base"])
        z = q.transpose(1, 2) @ k.permute(0, 2, 3, 1) / math.sqrt(shape["head_dim"])
        mixed = (attention_weights(z, shape, first) @ v.transpose(1, 2)).transpose(1, 2).flatten(2)
        x = x[:, first:] + mixed @ weights[f"{block}.attn.W_O"].flatten(0, 1)
        if shape["mlp_width"]:
            n = normalize(x, weights, f"{block}.ln2", shape)
            hidden = n @ weights[f"{block}.mlp.W_in"] + weights[f"{block}.mlp.b_in"]
            hidden = hidden.relu() if shape["activation"] == "relu" else torch.nn.functional.gelu(hidden)
            x = x + hidden @ weights[f"{block}.mlp.W_out"] + weights[f"{block}.mlp.b_out"]
    return (normalize(x, weights, "ln_final", shape) @ weights["unembed.W_U"])[:, -1]


def tensor_shapes(shape):
    """Names and shapes in the program's order."""
    width, heads, head_dim, hidden = (shape[key] for key in ("width", "heads", "head_dim", "mlp_width"))
    positions = 3 if shape["tokens"] == "a b =" else 2
    vocabulary = shape["modulus"] + positions - 2
    norm = {"none": [], "layer": ["w", "b"], "rms": ["w"]}[shape["normalization"]]
    yield "embed.W_E", (vocabulary, width)
    if shape["position_code"] == "learned":
        yield "pos_embed.W_pos", (positions, width)
    for block in (f"blocks.{layer}" for layer in range(shape["layers"])):
        yield from ((f"{block}.ln1.{leaf}", (width,)) for leaf in norm)
        yield from ((f"{block}.attn.{name}", (heads, width, head_dim)) for name in ("W_Q", "W_K", "W_V"))
        yield f"{block}.attn.W_O", (heads, head_dim, width)
        if hidden:
            yield from ((f"{block}.ln2.{leaf}", (width,)) for leaf in norm)
            yield from ((f"{block}.mlp.W_in", (width, hidden)), (f"{block}.mlp.b_in", (hidden,)),
                        (f"{block}.mlp.W_out", (hidden, width)), (f"{block}.mlp.b_out", (width,)))
    yield from ((f"ln_final.{leaf}", (width,)) for leaf in norm)
    yield "unembed.W_U", (width, vocabulary)


# ---- Training ----

def sequences(pairs, shape):
    """Tokens [example, position] and answers of pairs numbered a p + b, under addition."""
    p = shape["modulus"]
    a, b = torch.div(pairs, p, rounding_mode="floor"), pairs % p
    tokens = [a, b] + ([torch.full_like(a, p)] if shape["tokens"] == "a b =" else [])
    return torch.stack(tokens, 1), (a + b) % p


class Training:
    def __init__(self, weights, pairs, shape, learning_rate=1e-3, weight_decay=1.0, betas=(0.9, 0.98), epsilon=1e-8, warmup=10,
                 answer_only=True):
        self.weights = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
        self.shape, self.answer_only = shape, answer_only
        self.tokens, self.answers = sequences(pairs, shape)
        self.optimizer = torch.optim.AdamW(self.weights.values(), lr=learning_rate, betas=betas, eps=epsilon, weight_decay=weight_decay)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda t: min(t / warmup, 1) if warmup else 1)

    def loss(self, tokens, answers):
        return torch.nn.functional.cross_entropy(logits(self.weights, tokens, self.shape, self.answer_only), answers)

    def step(self):
        """One update; the loss before it."""
        self.optimizer.zero_grad()
        loss = self.loss(self.tokens, self.answers)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return loss.item()


# ---- A stored trajectory, for the C++ test of the same name ----

GOLDEN = {
    "nanda": dict(modulus=11, heads=2, width=16, head_dim=8, mlp_width=24),
    "deep": dict(modulus=7, layers=2, heads=2, width=12, head_dim=6, mlp_width=20, activation="gelu", normalization="layer",
                 position_code="rope"),
    "entmax": dict(modulus=9, layers=2, heads=2, width=12, head_dim=4, mlp_width=16, operator="entmax", normalization="rms",
                   activation="gelu", position_code="none", tokens="a b"),
    "kappa": dict(modulus=8, heads=3, width=12, head_dim=4, mlp_width=16, operator="kappa", kappa=0.3, activation="gelu", causal=False,
                  tokens="a b"),
    "attention_only": dict(modulus=10, layers=3, heads=2, width=12, head_dim=4, mlp_width=0, normalization="layer"),
}


def golden_losses(shape):
    """200 updates from entry k of tensor t = sin(0.7 (k + 1) + t)/√width, + 1 for weights of normalizations, on the pairs
    that 3 does not divide. The rate is small because training is chaotic: at 1e-3, round-off grows to 1e-9 of the loss of
    the networks with LayerNorm within a hundred updates, whoever computes it."""
    weights = {}
    for number, (name, size) in enumerate(tensor_shapes(shape)):
        entries = torch.sin(0.7 * torch.arange(1, math.prod(size) + 1, dtype=torch.float64) + number) / math.sqrt(shape["width"])
        weights[name] = entries.reshape(size) + (1 if name.endswith(".w") else 0)
    pairs = torch.tensor([pair for pair in range(shape["modulus"] ** 2) if pair % 3 != 0])
    training = Training(weights, pairs, shape, learning_rate=1e-4, weight_decay=0.5)
    return [training.step() for _ in range(201)]


def write_golden(path):
    columns = {name: golden_losses({**NANDA, **changes}) for name, changes in GOLDEN.items()}
    with open(path, "w") as file:
        file.write(f"# Training losses before update 0 ... 200, by PyTorch {torch.__version__}: bench/peers/grok_torch.py --golden\n")
        file.write(",".join(columns) + "\n")
        for row in zip(*columns.values()):
            file.write(",".join(f"{loss:.17g}" for loss in row) + "\n")


# ---- The program's losses ----

COMPARED = {
    "nanda, p = 113": [],
    "nanda, p = 31": ["task.modulus=31", "task.train_fraction=0.5"],
    "nanda, p = 31, general path": ["task.modulus=31", "task.train_fraction=0.5", "solver.path=general"],
    "[a, b], p = 29": ["task.modulus=29", "task.train_fraction=0.7", "model.tokens=a b"],
    "2 layers, LayerNorm, GELU, RoPE, p = 23": ["task.modulus=23", "task.train_fraction=0.6", "model.layers=2", "model.width=64",
                                              "model.head_dim=16", "model.mlp_width=128", "model.normalization=layer",
                                              "model.activation=gelu", "model.position_code=rope"],
    "entmax, RMSNorm, p = 19": ["task.modulus=19", "task.train_fraction=0.6", "model.operator=entmax", "model.width=32", "model.head_dim=8",
                                "model.mlp_width=64", "model.normalization=rms", "model.activation=gelu"],
}


def read_safetensors(path):
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    types = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
    return {name: torch.from_numpy(np.frombuffer(raw[start:][slice(*entry["data_offsets"])], types[entry["dtype"]])
                                   .reshape(entry["shape"]).copy())
            for name, entry in json.loads(raw[8:start]).items() if name != "__metadata__"}


def compare_losses(programs):
    import h5py
    worst = 0.0
    print("network\tsteps\ttrain_loss_at_the_end\tlargest_relative_difference")
    for name, changes in COMPARED.items():
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run"
            changes = changes + ["solver.precision=double", "train.steps=200", "train.log_every=1", "train.save_steps=[0]",
                                 "train.recorded_pairs=0", "ensemble.seeds=1"]
            command = [programs / "softmech-grok", REPOSITORY / "data/grok/nanda.toml", "--out", out, "--quiet"]
            subprocess.run(command + [word for change in changes for word in ("--set", change)], check=True)
            settings = tomllib.loads((out / "config.toml").read_text())
            contents = read_safetensors(out / "weights/000000-00000000.safetensors")
            with h5py.File(out / "ensemble.h5") as data:
                theirs = np.stack([data["train_loss"][0], data["test_loss"][0]], 1)
        shape = {**settings["model"], "modulus": settings["task"]["modulus"]}
        pairs = contents.pop("split.train")
        settings = settings["optimizer"]
        training = Training(contents, pairs, shape, settings["learning_rate"], settings["weight_decay"], settings["betas"],
                            settings["epsilon"], settings["warmup"])
        held_out = torch.ones(shape["modulus"] ** 2, dtype=torch.bool)
        held_out[pairs] = False
        test = sequences(held_out.nonzero()[:, 0], shape)
        ours = []
        for _ in theirs:
            with torch.no_grad():
                test_loss = training.loss(*test).item()
            ours.append((training.step(), test_loss))
        difference = np.max(np.abs(np.array(ours) / theirs - 1))
        worst = max(worst, difference)
        print(f"{name}\t{len(theirs) - 1}\t{theirs[-1, 0]:.6g}\t{difference:.2g}", flush=True)
    return worst <= 1e-9


# ---- Speed ----

def torch_seconds(shape, answer_only, steps):
    """CPU seconds per full-batch step in single precision, after two that warm up."""
    torch.manual_seed(1)
    weights = {name: torch.randn(size) / math.sqrt(size[-1 if "W_U" in name else -2] if len(size) > 1 else math.inf)
               for name, size in tensor_shapes(shape)}
    pairs = torch.randperm(shape["modulus"] ** 2)[:int(shape["train_fraction"] * shape["modulus"] ** 2)].sort().values
    training = Training(weights, pairs, shape, answer_only=answer_only)
    training.step(), training.step()
    start = time.process_time()
    for _ in range(steps):
        training.step()
    return (time.process_time() - start) / steps


def softmech_seconds(bench, name):
    """CPU seconds per step of a training of bench-training; None where the machine cannot do it."""
    command = [bench, f"--benchmark_filter=^update/{name}/", "--benchmark_format=json"]
    runs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["benchmarks"]
    return runs[0]["seconds_per_step"] if runs and not runs[0].get("error_occurred") else None


def check_blas():
    a = torch.randn(512, 512)
    a @ a
    start = time.process_time()
    for _ in range(10):
        a @ a
    speed = 10 * 2 * 512 ** 3 / (time.process_time() - start) / 1e9
    print(f"# PyTorch {torch.__version__}, one thread, matrix products at {speed:.0f} GFLOP/s")
    if speed < 15:
        print("that is a reference BLAS, no peer: apt install libopenblas0", file=sys.stderr)
        sys.exit(2)


def compare_speed(programs, rounds, whole):
    check_blas()
    bench = programs / "bench-training"
    print("p\tlayers\tsoftmech\tms_per_step\tover_all_positions\tmin\tmax\tover_answer_only\tmin\tmax")
    nanda, kim = dict(modulus=113, train_fraction=0.3), dict(modulus=31, train_fraction=0.731, tokens="a b")
    for recipe, layers, steps in [(nanda, 1, 5), (nanda, 2, 3), (kim, 1, 40), (kim, 2, 20)]:
        shape = {**NANDA, **recipe, "layers": layers}
        modulus = shape["modulus"]
        kinds = ["general"] + (["fast_avx2", "fast_avx512"] if layers == 1 else [])
        samples = {kind: [] for kind in ["all", "answer"] + kinds}
        for _ in range(rounds):
            samples["all"].append(torch_seconds(shape, False, steps))
            samples["answer"].append(torch_seconds(shape, True, steps))
            for kind in kinds:
                length = "whole" if whole and kind != "general" else "short"
                samples[kind].append(softmech_seconds(bench, f"{kind}/{modulus}/{layers}/{length}"))
        for kind in kinds:
            if None in samples[kind]:
                continue
            columns = [f"{1e3 * statistics.median(samples[kind]):.3g}"]
            for peer in ("all", "answer"):
                ratios = sorted(theirs / ours for theirs, ours in zip(samples[peer], samples[kind]))
                columns += [f"{statistics.median(ratios):.3g}", f"{ratios[0]:.3g}", f"{ratios[-1]:.3g}"]
            print(f"{modulus}\t{layers}\t{kind}\t" + "\t".join(columns), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", metavar="FILE", help="write the stored trajectory and do nothing else")
    parser.add_argument("--only", choices=["losses", "speed"])
    parser.add_argument("--programs", type=pathlib.Path, default=REPOSITORY / "build/bench/bin", metavar="DIR")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="fast paths: the first 200 steps instead of a whole run")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.golden:
        return write_golden(arguments.golden)
    for program in ("softmech-grok", "bench-training"):
        if not (arguments.programs / program).exists():
            parser.error(f"--programs = {arguments.programs}: no {program} there; build it with the commands in --help")
    good = arguments.only == "speed" or compare_losses(arguments.programs)
    if arguments.only != "losses":
        compare_speed(arguments.programs, arguments.rounds, not arguments.short)
    if not good:
        sys.exit("losses differ by more than 1e-9")


if __name__ == "__main__":
    main()
