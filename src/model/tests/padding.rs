//! What a clip is padded with says nothing to a network that is masked.

use super::*;

/// Whether it was asked to be masked.
fn is_masked(architecture: &Architecture) -> bool {
    toml::to_string(architecture).unwrap().contains("masked = true")
}

/// A clip of `frames` frames, then (or between) padding of the given value, and where the clip lies.
fn padded(clip: &Tensor<4>, before: usize, after: usize, with: f32) -> (Tensor<4>, Span) {
    let [n, channels, bins, frames] = clip.dims();
    let fill = |frames| Tensor::<4>::full([n, channels, bins, frames], with, &clip.device());
    let mut parts = vec![clip.clone()];
    if before > 0 {
        parts.insert(0, fill(before));
    }
    if after > 0 {
        parts.push(fill(after));
    }
    (Tensor::cat(parts, 3), Span { start: before, frames })
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max)
}

#[test]
fn the_same_clip_padded_further_gives_the_same_logits() {
    let device = Device::flex();
    let masked: Vec<Architecture> = trained().filter(is_masked).collect();
    for kind in ["cnn-1d", "cnn-2d", "crnn", "resnet-1d", "resnet-2d"] {
        assert!(masked.iter().any(|architecture| architecture.name() == kind), "{kind} is not tried");
    }
    for architecture in masked {
        let net = net(&architecture, 3, &device);
        for frames in 8..=INPUT.frames {
            let clip = batch(4, &device).narrow(3, 0, frames);
            let alone = values(net.forward(clip.clone(), &[], None));
            for (after, with) in [(1, -1.5), (4, 3.0), (9, 0.0), (16, -7.0)] {
                let (x, own) = padded(&clip, 0, after, with);
                let further = values(net.forward(x, &[own; 4], None));
                let distance = farthest(&further, &alone);
                assert!(distance < 2e-5, "{frames} frames and {after} more: {distance}, {architecture:?}");
            }
            // Eight frames before: a whole number of every stride and pool that is tried.
            let (x, own) = padded(&clip, 8, 8, 2.0);
            let placed = values(net.forward(x, &[own; 4], None));
            assert!(farthest(&placed, &alone) < 2e-5, "{frames} frames in the middle, {architecture:?}");
        }
    }
}

#[test]
fn rows_of_a_batch_are_masked_each_by_its_own_frames() {
    let device = Device::flex();
    for architecture in trained().filter(is_masked) {
        let net = net(&architecture, 3, &device);
        let x = batch(3, &device);
        let spans = [(0, 12), (2, 9), (4, 8)].map(|(start, frames)| Span { start, frames });
        let together = values(net.forward(x.clone(), &spans, None));
        for (i, span) in spans.into_iter().enumerate() {
            let alone = values(net.forward(x.clone().narrow(0, i, 1), &[span], None));
            assert!(farthest(&alone, &together[i * CLASSES..][..CLASSES]) < 2e-5, "{architecture:?}");
        }
    }
}

#[test]
fn networks_that_are_not_masked_see_all_frames() {
    let device = Device::flex();
    for architecture in trained().filter(|architecture| !is_masked(architecture)) {
        let net = net(&architecture, 3, &device);
        let whole = values(net.forward(batch(2, &device), &[], None));
        let told = values(net.forward(batch(2, &device), &[Span { start: 1, frames: 5 }; 2], None));
        assert_eq!(whole, told, "{architecture:?}");
    }
}
