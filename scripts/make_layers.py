#!/usr/bin/env python3
"""Makes tests/golden/layers: what PyTorch computes of small residual networks, logits and gradients.

    python3 -m venv venv && venv/bin/pip install -r scripts/requirements-layers.txt
    venv/bin/python scripts/make_layers.py tests/golden/layers

A case is two files: NAME.net.safetensors, the weights as `serlab` names them, and NAME.safetensors, the rest: inputs x, own frames
(start, count) of each row, a readout R, the logits with running statistics, the logits with the batch's own, and the gradient of
sum(logits * R) of the latter for the input and every weight. The metadata of the latter holds the architecture as a spec writes it, and
how far PyTorch's own single precision is from this double precision at worst.
Padding is kept out by the definition: what is not own is multiplied by 0 before every convolution, left out of means and given no
attention.
"""

import copy
import json
import pathlib
import struct
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

EPSILON = 1e-3


def ceil(a, b):
    return -(-a // b)


class Own:
    """The own frames of each row, (start, end); none where all count."""

    def __init__(self, spans, frames):
        self.spans, self.frames = spans, frames

    def strided(self, stride):
        outputs = ceil(self.frames, stride)
        if self.spans is None:
            return Own(None, outputs)
        spans = []
        for start, end in self.spans:
            start = min(ceil(start, stride), outputs - 1)
            spans.append((start, max(min(ceil(end, stride), outputs), start + 1)))
        return Own(spans, outputs)

    def mask(self):
        mask = torch.zeros(len(self.spans), 1, 1, self.frames)
        for row, (start, end) in zip(mask, self.spans):
            row[..., start:end] = 1
        return mask

    def silence(self, x):
        return x if self.spans is None else x * self.mask()

    def weights(self, x):
        """1 for own positions of x [n, c, h, w] and 0 for others, [n, 1, h * w]."""
        n, _, h, w = x.shape
        mask = torch.ones(n, 1, 1, w) if self.spans is None else self.mask()
        return mask.expand(n, 1, h, w).reshape(n, 1, h * w)


class Convolution(nn.Module):
    def __init__(self, inputs, outputs, size, stride):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *size) / (inputs * size[0] * size[1]) ** 0.5)
        self.stride, self.pads = stride, [n for k in reversed(size) for n in ((k - 1) // 2, k // 2)]

    def forward(self, x):
        return F.conv2d(F.pad(x, self.pads), self.weight, stride=self.stride)


def norm(channels):
    layer = nn.BatchNorm2d(channels, eps=EPSILON)
    with torch.no_grad():
        layer.weight.uniform_(0.5, 1.5)
        layer.bias.normal_(0, 0.3)
        layer.running_mean.normal_(0, 0.3)
        layer.running_var.uniform_(0.5, 1.5)
    return layer


class Squeeze(nn.Module):
    def __init__(self, channels, ratio):
        super().__init__()
        self.narrow, self.wide = nn.Linear(channels, max(1, channels // ratio)), nn.Linear(max(1, channels // ratio), channels)

    def forward(self, x, own):
        weights = own.weights(x)
        means = (x.flatten(2) * weights).sum(2) / weights.sum(2)
        return x * torch.sigmoid(self.wide(F.relu(self.narrow(means))))[:, :, None, None]


class Block(nn.Module):
    def __init__(self, inputs, outputs, size, stride, spec):
        super().__init__()
        pre = spec["pre_activation"]
        self.convolutions = nn.ModuleList([Convolution(inputs, outputs, size, stride), Convolution(outputs, outputs, size, [1, 1])])
        self.norms = nn.ModuleList([norm(inputs if pre else outputs), norm(outputs)])
        ratio = spec["squeeze_excitation"]
        self.squeeze = Squeeze(outputs, ratio) if ratio else None
        projects = spec["residual"] and (inputs != outputs or stride != [1, 1])
        self.projection = Convolution(inputs, outputs, [1, 1], stride) if projects else None
        self.projection_norm = norm(outputs) if projects and not pre else None
        self.pre, self.residual, self.step = pre, spec["residual"], stride[1]

    def forward(self, x, own):
        behind = own.strided(self.step)
        given = own.silence(F.relu(self.norms[0](x))) if self.pre else x
        y = self.convolutions[0](given)
        y = behind.silence(F.relu(self.norms[1 if self.pre else 0](y)))
        y = self.convolutions[1](y)
        if not self.pre:
            y = self.norms[1](y)
            if not self.residual:
                y = F.relu(y)
        if self.squeeze:
            y = self.squeeze(y, behind)
        if self.residual:
            straight = x
            if self.projection is not None:
                straight = self.projection(given)
                if not self.pre:
                    straight = self.projection_norm(straight)
            y = y + straight
            if not self.pre:
                y = F.relu(y)
        return (y if self.pre else behind.silence(y)), behind


class Body(nn.Module):
    def __init__(self, inputs, spec):
        super().__init__()
        pre = spec["pre_activation"]
        self.stem = Convolution(inputs, spec["stem_channels"], spec["stem_kernel_size"], spec["stem_stride"])
        self.stem_norm = None if pre else norm(spec["stem_channels"])
        before, blocks = spec["stem_channels"], []
        for channels, stride in zip(spec["channels"], spec["strides"]):
            blocks.append(Block(before, channels, spec["kernel_size"], stride, spec))
            before = channels
        self.blocks = nn.ModuleList(blocks)
        self.last_norm = norm(before) if pre else None
        self.step = spec["stem_stride"][1]

    def forward(self, x, own):
        x, own = self.stem(own.silence(x)), own.strided(self.step)
        if self.stem_norm is not None:
            x = F.relu(self.stem_norm(x))
        x = own.silence(x)
        for block in self.blocks:
            x, own = block(x, own)
        if self.last_norm is not None:
            x = F.relu(self.last_norm(x))
        return own.silence(x), own


class Scores(nn.Module):
    def __init__(self, channels, size):
        super().__init__()
        self.first, self.first_bias = nn.Parameter(torch.randn(size, channels) / channels**0.5), nn.Parameter(torch.randn(size) / 3)
        self.second = nn.Parameter(torch.randn(channels, size) / size**0.5)

    def forward(self, x):
        return self.second @ torch.tanh(self.first @ x + self.first_bias[:, None])


class Pooling(nn.Module):
    def __init__(self, channels, spec):
        super().__init__()
        self.kind = spec["global_pool"]
        self.attention = nn.Parameter(torch.randn(channels) / 2) if self.kind == "attention" else None
        self.scores = Scores(channels, spec["attention_size"]) if self.kind == "attentive-statistics" else None

    def forward(self, x, weights):
        """x [n, channels, positions] -> [n, channels or twice as many]."""
        if self.kind == "max":
            return x.masked_fill(weights == 0, -torch.inf).max(2).values
        shares = weights / weights.sum(2, keepdim=True)
        if self.kind.startswith("attent"):
            scores = self.scores(x) if self.scores is not None else (x * self.attention[:, None]).sum(1, keepdim=True)
            shares = scores.masked_fill(weights == 0, -torch.inf).softmax(2)
        mean = (x * shares).sum(2)
        if self.kind in ("average", "attention"):
            return mean
        variance = ((x - mean[:, :, None]) ** 2 * shares).sum(2)
        return torch.cat([mean, (variance + 1e-5).sqrt()], 1)


class Head(nn.Module):
    def __init__(self, inputs, classes, spec):
        super().__init__()
        self.norm = norm(inputs) if spec["head_norm"] else None
        widths = [inputs, *spec["head"]]
        self.hidden = nn.ModuleList([nn.Linear(a, b) for a, b in zip(widths, widths[1:])])
        self.output = nn.Linear(widths[-1], classes)

    def forward(self, x):
        if self.norm is not None:
            x = self.norm(x[:, :, None, None])[:, :, 0, 0]
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.output(x)


class Net(nn.Module):
    def __init__(self, shape, classes, spec):
        super().__init__()
        channels, bins, frames = shape
        self.flat, self.keep_bins = spec["flat"], spec["keep_bins"]
        self.body = Body(channels * bins if self.flat else channels, spec)
        with torch.no_grad():
            _, c, h, _ = self.eval().body(*self.begin(torch.zeros(1, *shape), None))[0].shape
        self.pooling = Pooling(c * h if self.keep_bins else c, spec)
        width = (c * h if self.keep_bins else c) * (2 if spec["global_pool"].endswith("statistics") else 1)
        self.head = Head(width, classes, spec)

    def begin(self, x, spans):
        own = Own(spans, x.shape[3])
        return (x.flatten(1, 2)[:, :, None] if self.flat else x), own

    def forward(self, x, spans):
        x, own = self.body(*self.begin(x, spans))
        if self.keep_bins:
            x = x.flatten(1, 2)[:, :, None]
        return self.head(self.pooling(x.flatten(2), own.weights(x)))


COMMON = {
    "pre_activation": False, "residual": True, "squeeze_excitation": None, "masked": True, "keep_bins": False, "head": [],
    "head_norm": False, "attention_size": 5, "global_pool": "average",
}
FLAT = {"flat": True, "stem_channels": 6, "stem_kernel_size": [1, 5], "stem_stride": [1, 1], "kernel_size": [1, 3]}
IMAGE = {"flat": False, "stem_channels": 5, "stem_kernel_size": [5, 5], "stem_stride": [2, 2], "kernel_size": [3, 3]}
CASES = {
    "post": IMAGE | {"channels": [6, 7], "strides": [[2, 1], [1, 2]], "keep_bins": True, "head_norm": True,
                     "global_pool": "attentive-statistics"},
    "post-unmasked": IMAGE | {"channels": [5, 7], "strides": [[1, 1], [2, 2]], "masked": False, "keep_bins": True,
                              "global_pool": "attentive-statistics", "head": [4]},
    "pre": IMAGE | {"channels": [5, 6], "strides": [[1, 1], [2, 2]], "pre_activation": True, "squeeze_excitation": 2,
                    "keep_bins": True, "global_pool": "statistics", "stem_stride": [1, 1]},
    "pre-unmasked": IMAGE | {"channels": [7], "strides": [[1, 2]], "pre_activation": True, "masked": False, "global_pool": "max"},
    "plain": IMAGE | {"channels": [6], "strides": [[2, 2]], "residual": False, "squeeze_excitation": 3, "global_pool": "attention",
                      "kernel_size": [2, 4]},
    "flat": FLAT | {"channels": [6, 8], "strides": [[1, 1], [1, 2]], "stem_stride": [1, 2], "stem_kernel_size": [1, 4],
                    "global_pool": "attentive-statistics", "head_norm": True},
    "flat-pre": FLAT | {"channels": [6, 7], "strides": [[1, 2], [1, 1]], "pre_activation": True, "squeeze_excitation": 1,
                        "head": [5]},
}


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else '"none"' if value is None else str(value)


def architecture(spec):
    keys = {k: v for k, v in spec.items() if k != "flat" and not (spec["flat"] and k == "keep_bins")}
    if spec["flat"]:
        for key in ("stem_kernel_size", "stem_stride", "kernel_size"):
            keys[key] = keys[key][1]
        keys["strides"] = [stride[1] for stride in keys["strides"]]
    settings = ", ".join(f"{key} = {toml(value)}" for key, value in keys.items())
    return f"resnet-{'1d' if spec['flat'] else '2d'} = {{ dropout = 0.0, {settings} }}"


def write(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in sorted(tensors.items()):
        raw = tensor.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def outcome(net, x, readout, told):
    """Logits with running statistics and with the batch's own, and the gradients of the latter."""
    x = x.clone().requires_grad_()
    evaluated, trained = net.eval()(x, told), net.train()(x, told)
    (trained * readout).sum().backward()
    gradients = {f"gradient.{k}": p.grad for k, p in net.named_parameters()}
    return {"logits": evaluated.detach(), "logits.trained": trained.detach(), "gradient.x": x.grad} | gradients


def distance(found, expected):
    """The largest difference, in units of the largest expected value."""
    return ((found.double() - expected).abs().max() / max(1e-3, expected.abs().max())).item()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, own) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        spec = COMMON | own
        n, classes, shape = 4, 3, (2, 9 + seed % 3, 17 + seed)
        net = Net(shape, classes, spec)
        x, readout = torch.randn(n, *shape), torch.randn(n, classes)
        spans = [(start, start + min(frames, shape[2] - start)) for start, frames in [(0, 11), (3, 10), (2, 99), (0, 99)]]
        told = spans if spec["masked"] else None
        weights = {k: v.clone() for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
        found = {"x": x, "readout": readout, "own": torch.tensor([(a, b - a) for a, b in spans], dtype=torch.float32)}
        # In double precision: what single precision rounds away is not PyTorch's opinion. How far PyTorch itself is from that in
        # single precision is noted, as the measure of what can be asked for.
        single = outcome(copy.deepcopy(net), x, readout, told)
        torch.set_default_dtype(torch.float64)
        double = outcome(copy.deepcopy(net).double(), x.double(), readout.double(), told)
        torch.set_default_dtype(torch.float32)
        apart = max(distance(single[key], double[key]) for key in double)
        found |= double
        write(folder / f"{name}.net.safetensors", weights, {})
        write(folder / f"{name}.safetensors", found, {"architecture": architecture(spec), "torch": torch.__version__, "single": f"{apart:.1e}"})


main(pathlib.Path(sys.argv[1]))
