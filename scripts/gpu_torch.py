"""The two networks of experiments/seed in PyTorch on synthetic batches: what `gpu-check` holds serlab's speed against.

Usage: python3 gpu_torch.py OUTPUT.jsonl [yes]   (a second argument: the CPU and few, small batches, to rehearse)

Writes one line of JSON for each network and mode as soon as it is measured: eager in TF32 and in f32, and torch.compile in TF32.
Shapes, batch sizes, order of layers, constants and optimiser are serlab's: 128 x 1 x 800 and 32 x 1 x 128 x 400, ReLU before
batch norm, Adam with epsilon 1e-7. Batches lie on the device already and losses are not read back: PyTorch at its best.
"""

import json
import sys
import time

import torch
from torch import nn

CLASSES = 6
CHANNELS = [64, 128, 256, 512]
BATCHES = {"1d": (128, 1, 800), "2d": (32, 1, 128, 400)}
MODES = ["eager TF32", "eager f32", "compile TF32"]
# Seconds to measure for, once warm.
MEASURE = 3.0


def network(which):
    """Four blocks of convolution, ReLU, batch norm and max-pool, a global average, and a dense head."""
    flat = which == "1d"
    conv, norm, pool = (nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d) if flat else (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d)
    mean = nn.AdaptiveAvgPool1d(1) if flat else nn.AdaptiveAvgPool2d(1)
    layers, inputs = [], 1
    for outputs in CHANNELS:
        # PyTorch's momentum is the share that a batch brings in, Keras' the share that stays.
        layers += [conv(inputs, outputs, 3, padding=1), nn.ReLU(), norm(outputs, eps=1e-3, momentum=0.01), pool(2)]
        inputs = outputs
    head = [nn.Linear(inputs, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, CLASSES)]
    return nn.Sequential(*layers, mean, nn.Flatten(), *head)


def parameters(net):
    """Parameters and running statistics, as Keras and serlab count them."""
    return sum(t.numel() for name, t in net.state_dict().items() if not name.endswith("num_batches_tracked"))


def measure(which, mode, device, small):
    """Samples a second of training steps, and the seconds of the first step."""
    tf32 = mode.endswith("TF32")
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    shape = BATCHES[which]
    if small:
        shape = (4, *shape[1:])
    net = network(which).to(device).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-7)
    call = torch.compile(net, dynamic=False) if mode.startswith("compile") else net
    inputs = [torch.randn(shape, device=device) for _ in range(4)]
    labels = [torch.randint(CLASSES, shape[:1], device=device) for _ in range(4)]

    def step(i):
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(call(inputs[i % 4]), labels[i % 4]).backward()
        optimizer.step()

    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    begun = time.perf_counter()
    step(0)
    wait()
    first = time.perf_counter() - begun
    for i in range(1 if small else 10):
        step(i)
    wait()
    begun, steps = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begun) < (0.2 if small else MEASURE):
        # Some steps between two looks at the clock, as waiting for the device takes time.
        for _ in range(1 if small else 20):
            step(steps)
            steps += 1
        wait()
    return {"samples_per_s": steps * shape[0] / elapsed, "first_s": first, "parameters": parameters(net)}


def main():
    small = len(sys.argv) > 2
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not small:
        sys.exit("PyTorch sees no GPU; a second argument rehearses on the CPU")
    print(torch.__version__, torch.version.cuda, device, flush=True)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for mode in MODES:
            for which in BATCHES:
                line = {"network": which, "mode": mode, "torch": torch.__version__}
                try:
                    line |= measure(which, mode, device, small)
                except Exception as error:  # whatever it is, the other modes are to be measured
                    line["error"] = (str(error).strip() or repr(error)).splitlines()[0][:200]
                print(json.dumps(line), file=out, flush=True)
                print(line, flush=True)


if __name__ == "__main__":
    main()
