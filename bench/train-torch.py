# The model of bench/train-reference.ts in PyTorch (eager, CPU), from equal weights and tokens, in float32 or with autocast
# to bfloat16, which is another computation: its losses differ.
# Usage: train-torch.py layers width heads length batch vocab steps threads [wall|cpu] [float32|bfloat16]
# Prints one JSON line: {"torch": version, "tokens_per_second": median, "losses": [...]}.
import json
import statistics
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

L, C, H, T, B, V, STEPS, THREADS = map(int, sys.argv[1:9])
torch.set_num_threads(THREADS)
now = (lambda: time.process_time() / THREADS) if "cpu" in sys.argv[9:] else time.perf_counter
AUTOCAST = "bfloat16" in sys.argv[9:]


def hash_uniform(index, seed):
    index = np.asarray(index, dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    h = ((index * np.uint64(0x9E3779B1)) & mask) ^ np.uint64((seed * 0x85EBCA77) & 0xFFFFFFFF)
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & mask
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & mask
    h = h ^ (h >> np.uint64(16))
    return h.astype(np.float64) / 2.0**32


def weight(shape, seed):
    values = (hash_uniform(np.arange(shape[0] * shape[1]), seed + 1) - 0.5) * 0.08
    return torch.nn.Parameter(torch.tensor(values.astype(np.float32)).reshape(shape))


shapes = [("wte", (V, C)), ("wpe", (T, C))]
for i in range(L):
    shapes += [(f"{i}.{n}", (C, C)) for n in "qkvo"] + [(f"{i}.up", (C, 4 * C)), (f"{i}.down", (4 * C, C))]
shapes.append(("head", (C, V)))
w = {name: weight(shape, seed) for seed, (name, shape) in enumerate(shapes)}


def tokens(step):
    i = np.arange(step * B * T, (step + 1) * B * T + 1)
    phrase = np.floor(hash_uniform(i // 7, 777) * 40).astype(np.uint64)
    ids = np.floor(hash_uniform(phrase * np.uint64(7) + (i % 7).astype(np.uint64), 778) * V).astype(np.int64)
    return torch.tensor(ids[:-1]).reshape(B, T), torch.tensor(ids[1:])


def norm(x):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)


mask = torch.full((T, T), float("-inf")).triu(1)


def attend(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return ((q @ k.transpose(-1, -2)) * (C // H) ** -0.5 + mask).softmax(-1) @ v


def forward(ids):
    x = w["wte"][ids] + w["wpe"]
    for i in range(L):
        h = norm(x)
        q, k, v = ((h @ w[f"{i}.{n}"]).view(B, T, H, C // H).transpose(1, 2) for n in "qkv")
        x = x + attend(q, k, v).transpose(1, 2).reshape(B, T, C) @ w[f"{i}.o"]
        x = x + F.relu(norm(x) @ w[f"{i}.up"]).square() @ w[f"{i}.down"]
    return norm(x) @ w["head"]


optimizer = torch.optim.AdamW(w.values(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
losses, times = [], []
for step in range(STEPS):
    x, y = tokens(step)
    before = now()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=AUTOCAST):
        loss = F.cross_entropy(forward(x).view(-1, V), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    times.append(now() - before)
rate = B * T / statistics.median(times[3:] or times)
print(json.dumps({"torch": torch.__version__, "tokens_per_second": round(rate), "losses": losses}))
