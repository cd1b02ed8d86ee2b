"""How fast PyTorch trains and asks the networks of benches/networks.rs: one JSON line.

    python networks.py small-2d train --seconds 5 --threads 2

The same layers, shapes, batches, loss and optimiser; the batches lie ready as tensors.
"""

import argparse
import json

import torch
from torch import nn

from measure import peak_rss_mib, repeated, rounded

CLASSES = 6
BATCHES = 4
WARM_UP = 3

# Channels of the input and of each block, kernel, bins and frames (frames alone in 1D), rows a batch, dropout, and
# whether the activation comes before batch norm.
NETWORKS = {
    "small-2d": ((1, 32, 64, 128), 3, (128, 94), 32, 0.3, False),
    "small-1d": ((2, 64, 128, 256), 5, (150,), 64, 0.3, False),
    "recipe-2d": ((1, 24, 32, 64, 96), 3, (64, 224), 32, 0.4, False),
    "seed-2d": ((1, 64, 128, 256, 512), 3, (128, 400), 32, 0.2, True),
    "seed-1d": ((1, 64, 128, 256, 512), 3, (800,), 128, 0.2, True),
}


class Block(nn.Module):
    """Two convolutions and the projection beside them."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.beside = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return (self.second(self.first(x)) + self.beside(x)).relu()


class AttentiveStatistics(nn.Module):
    """Bins as channels, then mean and deviation over time under one learnt weight a channel and frame."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.weights = nn.Sequential(nn.Conv1d(channels, hidden, 1), nn.Tanh(), nn.Conv1d(hidden, channels, 1))

    def forward(self, x):
        x = x.flatten(1, 2)
        weights = self.weights(x).softmax(-1)
        mean = (weights * x).sum(-1)
        variance = (weights * x * x).sum(-1) - mean * mean
        return torch.cat([mean, variance.clamp_min(1e-5).sqrt()], 1)


def recipe():
    """The residual network of `serlab init`."""
    channels, _, (bins, _), _, dropout, _ = NETWORKS["recipe-2d"]
    strides = [(2, 1), (2, 2), (2, 2)]
    stem = [nn.Conv2d(channels[0], channels[1], 5, 2, 2, bias=False), nn.BatchNorm2d(channels[1]), nn.ReLU()]
    blocks = [Block(inputs, outputs, stride) for inputs, outputs, stride in zip(channels[1:], channels[2:], strides)]
    width = channels[-1] * bins // 16
    head = [nn.BatchNorm1d(2 * width), nn.Dropout(dropout), nn.Linear(2 * width, CLASSES)]
    return nn.Sequential(*stem, *blocks, AttentiveStatistics(width, 64), *head)


def network(name):
    if name == "recipe-2d":
        return recipe()
    channels, kernel, image, _, dropout, activation_first = NETWORKS[name]
    if len(image) == 2:
        conv, norm, pool, mean = nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d
    else:
        conv, norm, pool, mean = nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d, nn.AdaptiveAvgPool1d
    layers = []
    for inputs, outputs in zip(channels, channels[1:]):
        middle = [norm(outputs, eps=1e-3, momentum=0.1), nn.ReLU()]
        if activation_first:
            middle.reverse()
        layers += [conv(inputs, outputs, kernel, padding=kernel // 2), *middle, pool(2)]
    head = [nn.Linear(channels[-1], 128), nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, CLASSES)]
    return nn.Sequential(*layers, mean(1), nn.Flatten(), *head)


def training(net, batches, labels, precision):
    """Endless training steps; each yields once it is done."""
    net.train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-7)
    cross_entropy = nn.CrossEntropyLoss()
    while True:
        for x in batches:
            optimizer.zero_grad(set_to_none=True)
            with precision:
                logits = net(x)
            loss = cross_entropy(logits.float(), labels)
            loss.backward()
            optimizer.step()
            yield loss.item()


def inference(net, batches, precision):
    """Endless passes without gradients."""
    net.eval()
    while True:
        for x in batches:
            with torch.inference_mode(), precision:
                yield net(x).float().softmax(1).numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("mode", choices=["train", "infer"])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true", help="PyTorch's other memory layout of images (2D)")
    parser.add_argument("--bf16", action="store_true", help="under autocast to bfloat16")
    asked = parser.parse_args()

    torch.set_num_threads(asked.threads)
    torch.manual_seed(1)
    channels, _, image, batch_size, _, _ = NETWORKS[asked.network]
    net = network(asked.network)
    batches = [torch.randn(batch_size, channels[0], *image) for _ in range(BATCHES)]
    if asked.channels_last and len(image) == 2:
        net = net.to(memory_format=torch.channels_last)
        batches = [x.contiguous(memory_format=torch.channels_last) for x in batches]
    labels = torch.arange(batch_size) % CLASSES
    precision = torch.autocast("cpu", torch.bfloat16, enabled=asked.bf16)
    steps = training(net, batches, labels, precision) if asked.mode == "train" else inference(net, batches, precision)
    for _ in range(WARM_UP):
        next(steps)
    count, wall, cpu = repeated(lambda: next(steps), asked.seconds)
    samples = count * batch_size
    line = {
        "program": f"torch {torch.__version__}" + (" channels-last" if asked.channels_last else "") + (" bf16" if asked.bf16 else ""),
        "network": asked.network,
        "mode": asked.mode,
        "threads": asked.threads,
        "batch_size": batch_size,
        "parameters": sum(p.numel() for p in net.parameters()),
        "seconds": rounded(wall),
        "samples_per_second": rounded(samples / wall),
        "cpu_seconds_per_sample": rounded(cpu / samples),
        "peak_rss_mib": rounded(peak_rss_mib()),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
