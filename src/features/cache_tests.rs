//! With real files in real folders.

use super::*;
use proptest::prelude::*;
use std::os::unix::fs::symlink;

fn arrays() -> Vec<Frames> {
    let data = (0..12).map(|v| v as f32 * 0.5 - 2.0).collect();
    vec![Frames { bins: 3, frames: 4, data }, Frames { bins: 1, frames: 0, data: Vec::new() }]
}

fn small() -> Key {
    key(&[b"clip", b"settings"])
}

/// A cache with one entry, and where it lies.
fn filled() -> (tempfile::TempDir, Cache, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(Some(dir.path()));
    cache.put(&small(), &arrays());
    let path = entry_path(dir.path(), &small());
    (dir, cache, path)
}

/// Everything below a folder.
fn everything(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { everything(&p) } else { vec![p] }).collect()
}

#[test]
fn what_was_put_is_got_by_another_process_and_counted() {
    let (dir, cache, path) = filled();
    assert_eq!(everything(dir.path()), std::slice::from_ref(&path), "no temporary file stays");
    assert_eq!(Cache::open(Some(dir.path())).get(&small()), Some(arrays()));
    assert_eq!(cache.get(&small()), Some(arrays()));
    assert_eq!(cache.get(&key(&[b"other"])), None);
    let written_bytes = fs::metadata(path).unwrap().len();
    assert_eq!(cache.stats(), Stats { hits: 1, misses: 1, rebuilt: 0, written_bytes });
    assert_eq!(cache.warning(), None);
}

#[test]
fn special_values_come_back_bit_for_bit() {
    let (_dir, cache, _) = filled();
    let data = vec![f32::NAN, f32::NEG_INFINITY, -0.0, f32::MIN_POSITIVE / 2.0];
    cache.put(&small(), &[Frames { bins: 2, frames: 2, data: data.clone() }]);
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&cache.get(&small()).unwrap()[0].data), bits(&data));
}

#[test]
fn a_key_changes_with_each_part_and_its_boundaries() {
    let keys = [
        key(&[]),
        key(&[b""]),
        key(&[b"", b""]),
        key(&[b"ab"]),
        key(&[b"a", b"b"]),
        key(&[b"b", b"a"]),
        key(&[b"ab", b""]),
        key(&[b"", b"ab"]),
        key(&[b"a", b"b", b""]),
    ];
    for (i, a) in keys.iter().enumerate() {
        assert!(keys[i + 1..].iter().all(|b| a != b), "{i}");
    }
    assert_eq!(key(&[b"a", b"b"]), keys[4]);
}

#[test]
fn a_truncated_or_longer_entry_is_removed_and_computed_again() {
    let (_dir, cache, path) = filled();
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(cache.get(&small()), None, "{length} bytes");
        assert!(!path.exists());
    }
    fs::write(&path, [whole.clone(), vec![0]].concat()).unwrap();
    assert_eq!(cache.get(&small()), None);
    assert_eq!(cache.stats().rebuilt, cache.stats().misses);
    cache.put(&small(), &arrays());
    assert_eq!(cache.get(&small()), Some(arrays()));
}

#[test]
fn an_entry_of_another_version_or_key_is_foreign_even_with_a_right_checksum() {
    let (dir, cache, path) = filled();
    let whole = fs::read(&path).unwrap();
    let mut other = whole[..whole.len() - CHECKSUM].to_vec();
    other[8] = VERSION as u8 + 1;
    let checksum = blake3::hash(&other);
    fs::write(&path, [&other, &checksum.as_bytes()[..]].concat()).unwrap();
    assert_eq!((cache.get(&small()), cache.stats().rebuilt), (None, 1));
    let elsewhere = entry_path(dir.path(), &key(&[b"else"]));
    fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    fs::write(&elsewhere, whole).unwrap();
    assert_eq!((cache.get(&key(&[b"else"])), cache.stats().rebuilt), (None, 2));
}

#[test]
fn shapes_that_lie_are_refused_without_being_allocated() {
    let (_dir, cache, path) = filled();
    let body = fs::read(&path).unwrap();
    for (at, value) in [(HEADER - 4, u32::MAX.into()), (HEADER, u64::MAX), (HEADER + 8, 1 << 62), (HEADER, 4)] {
        let mut lie = body[..body.len() - CHECKSUM].to_vec();
        let bytes = if at < HEADER { 4 } else { 8 };
        lie[at..at + bytes].copy_from_slice(&u64::to_le_bytes(value)[..bytes]);
        let checksum = blake3::hash(&lie);
        fs::write(&path, [&lie, &checksum.as_bytes()[..]].concat()).unwrap();
        assert_eq!(cache.get(&small()), None);
    }
    assert_eq!(cache.stats().rebuilt, 4);
}

#[test]
fn without_a_folder_it_finds_and_keeps_nothing_and_says_nothing() {
    let cache = Cache::open(None);
    cache.put(&small(), &arrays());
    assert_eq!((cache.get(&small()), cache.warning()), (None, None));
    assert_eq!(cache.stats(), Stats { misses: 1, ..Stats::default() });
}

#[test]
fn a_folder_that_cannot_be_made_is_one_warning_and_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "not a folder").unwrap();
    let cache = Cache::open(Some(&file));
    cache.put(&small(), &arrays());
    cache.put(&small(), &arrays());
    assert_eq!(cache.get(&small()), None);
    let warning = cache.warning().unwrap();
    assert!(warning.contains("file") && warning.contains("--cache"), "{warning}");
    assert_eq!(cache.warning(), None);
    assert_eq!(fs::read(&file).unwrap(), b"not a folder");
}

#[test]
fn a_folder_that_turns_unwritable_still_gives_what_it_holds() {
    let (dir, cache, _) = filled();
    fs::remove_dir(tmp_dir(dir.path())).unwrap();
    fs::write(tmp_dir(dir.path()), "in the way").unwrap();
    cache.put(&key(&[b"new"]), &arrays());
    cache.put(&key(&[b"newer"]), &arrays());
    assert!(cache.warning().is_some() && cache.warning().is_none());
    assert_eq!(cache.get(&small()), Some(arrays()));
}

#[test]
fn a_read_only_folder_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, _, _) = filled();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(tmp_dir(dir.path()), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(dir.path().join("probe"), "").is_ok() {
        crate::skip::skipped("this user may write to read-only folders");
        return;
    }
    let cache = Cache::open(Some(dir.path()));
    assert!(cache.warning().is_some());
    assert_eq!(cache.get(&small()), Some(arrays()));
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn links_inside_the_cache_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    let precious = outside.path().join("precious");
    fs::write(&precious, "keep me").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = entry_path(dir.path(), &small());
    symlink(outside.path(), path.parent().unwrap()).unwrap();
    let cache = Cache::open(Some(dir.path()));
    cache.put(&small(), &arrays());
    assert_eq!(cache.get(&small()), None);
    assert!(cache.warning().unwrap().contains("not a folder of the cache's own"));
    // An entry that is itself a link is replaced; what it led to stays.
    fs::remove_file(path.parent().unwrap()).unwrap();
    fs::create_dir(path.parent().unwrap()).unwrap();
    symlink(&precious, &path).unwrap();
    let cache = Cache::open(Some(dir.path()));
    assert_eq!(cache.get(&small()), None);
    cache.put(&small(), &arrays());
    assert_eq!(cache.get(&small()), Some(arrays()));
    assert_eq!(everything(outside.path()), std::slice::from_ref(&precious));
    assert_eq!(fs::read(precious).unwrap(), b"keep me");
}

#[test]
fn many_threads_on_one_folder_never_see_half_an_entry() {
    let dir = tempfile::tempdir().unwrap();
    let caches = [Cache::open(Some(dir.path())), Cache::open(Some(dir.path()))];
    std::thread::scope(|scope| {
        for t in 0..4 {
            let cache = &caches[t % 2];
            scope.spawn(move || {
                for i in 0..100_u32 {
                    let key = key(&[&(i % 5).to_le_bytes()]);
                    if let Some(found) = cache.get(&key) {
                        assert_eq!(found, arrays());
                    }
                    cache.put(&key, &arrays());
                }
            });
        }
    });
    assert_eq!(caches.map(|c| c.stats().rebuilt), [0, 0]);
    assert_eq!(everything(dir.path()).len(), 5);
}

#[test]
fn what_a_dead_process_left_is_swept_and_what_a_living_one_writes_is_not() {
    let (dir, _, _) = filled();
    let [old, new] = ["old", "new"].map(|name| tmp_dir(dir.path()).join(name));
    let (old_file, new_file) = (File::create(&old).unwrap(), File::create(&new).unwrap());
    let now = new_file.metadata().unwrap().modified().unwrap();
    old_file.set_modified(now - 2 * ABANDONED).unwrap();
    Cache::open(Some(dir.path()));
    assert!(!old.exists() && new.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_flipped_bit_anywhere_is_found(place in 0.0f64..1.0, bit in 0_u32..8) {
        let (_dir, cache, path) = filled();
        let mut bytes = fs::read(&path).unwrap();
        let at = (place * bytes.len() as f64) as usize;
        bytes[at] ^= 1_u8 << bit;
        fs::write(&path, &bytes).unwrap();
        prop_assert_eq!(cache.get(&small()), None);
        prop_assert_eq!(cache.stats().rebuilt, 1);
        prop_assert!(!path.exists());
    }

    #[test]
    fn any_arrays_come_back_and_any_bytes_are_survived(
        shapes in prop::collection::vec((0usize..6, 0usize..6), 0..5),
        junk in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let arrays: Vec<Frames> = shapes
            .iter()
            .map(|(bins, frames)| Frames { bins: *bins, frames: *frames, data: vec![0.25; bins * frames] })
            .collect();
        prop_assert_eq!(decode(&small(), &encode(&small(), &arrays)), Some(arrays));
        prop_assert_eq!(decode(&small(), &junk), None);
    }
}

proptest! {
    #[test]
    fn what_a_checksum_vouches_for_is_an_entry_as_written_or_none(
        count in 0u32..4,
        sizes in proptest::collection::vec(prop_oneof![0u64..4, any::<u64>()], 0..8),
        values in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut body = [&MAGIC[..], &VERSION.to_le_bytes(), &small().0, &count.to_le_bytes()].concat();
        body.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        body.extend(values);
        body.extend_from_slice(blake3::hash(&body).as_bytes());
        if let Some(arrays) = decode(&small(), &body) {
            prop_assert_eq!(arrays.len(), count as usize);
            prop_assert_eq!(encode(&small(), &arrays), body);
        }
    }
}
