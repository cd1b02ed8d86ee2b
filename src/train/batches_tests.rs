use super::*;
use crate::train::tests::Toy;

fn order(rows: usize, batch_size: usize) -> Order<'static> {
    let seeds = Seeds::new(3);
    Order { rows, batch_size, shuffle: true, drop_last: false, augment: &[], seeds }
}

fn rows(order: Order, epoch: usize) -> Vec<usize> {
    order.requests(epoch).flat_map(|r| r.rows).collect()
}

#[test]
fn an_epoch_holds_every_row_once_in_an_order_of_its_own() {
    let order = order(103, 10);
    let first = rows(order, 1);
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..103).collect::<Vec<_>>());
    assert_eq!(rows(order, 1), first);
    assert_ne!(rows(order, 2), first);
    assert_eq!(rows(Order { shuffle: false, ..order }, 5), sorted);
}

#[test]
fn only_the_last_batch_is_smaller_and_can_be_left_out() {
    for (rows, drop_last, expected) in
        [(20, false, vec![8, 8, 4]), (20, true, vec![8, 8]), (16, false, vec![8, 8]), (3, false, vec![3])]
    {
        let order = Order { drop_last, ..order(rows, 8) };
        let sizes: Vec<usize> = order.requests(1).map(|r| r.rows.len()).collect();
        assert_eq!(order.steps(), expected.len());
        assert_eq!(sizes, expected);
    }
}

#[test]
fn mixing_depends_on_epoch_and_step_alone() {
    let steps = [toml::from_str("mixup = { alpha = 1.0 }").unwrap()];
    let order = Order { augment: &steps, ..order(32, 8) };
    let mixes = |epoch| order.requests(epoch).map(|r| r.mix.unwrap()).collect::<Vec<_>>();
    assert_eq!(mixes(1), mixes(1));
    assert_ne!(mixes(1), mixes(2));
    assert_ne!(mixes(1)[0], mixes(1)[1]);
}

fn request(rows: &[usize], mix: Option<Mix>) -> Request {
    Request { epoch: 1, rows: rows.to_vec(), mix }
}

#[test]
fn a_mixed_row_is_a_share_of_itself_and_the_rest_of_its_partner() {
    let toy = Toy::new(1, 9);
    let plain = assemble(&toy, request(&[4, 2], None)).unwrap();
    let mix = Mix { lambda: 0.75, partners: vec![1, 0] };
    let mixed = assemble(&toy, request(&[4, 2], Some(mix))).unwrap();
    let (a, b) = plain.inputs.split_at(48);
    let expected: Vec<f32> = [(a, b), (b, a)]
        .iter()
        .flat_map(|(own, other)| own.iter().zip(*other).map(|(x, y)| 0.75 * x + 0.25 * y))
        .collect();
    assert_eq!(mixed.inputs, expected);
    assert_eq!((mixed.labels, mixed.shape), (vec![1, 2], [2, 1, 6, 8]));
}

#[test]
fn the_feed_gives_the_same_batches_for_any_number_of_threads() {
    let toy = Toy::new(1, 23);
    let batches = |threads| -> Vec<Vec<f32>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        std::thread::scope(|scope| {
            let requests = (1..=2).flat_map(|epoch| order(23, 5).requests(epoch));
            feed(scope, &pool, &toy, requests).into_iter().map(|b| b.unwrap().inputs).collect()
        })
    };
    let one = batches(1);
    assert_eq!(one.len(), 10);
    assert!(batches(2) == one && batches(4) == one);
}

#[test]
fn a_feed_nobody_listens_to_ends_and_a_failed_row_is_its_last_word() {
    let toy = Toy { missing: Some(7), ..Toy::new(1, 20) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    std::thread::scope(|scope| drop(feed(scope, &pool, &toy, in_order(20, 1))));
    let said: Vec<Result<usize, String>> = std::thread::scope(|scope| {
        let batches = feed(scope, &pool, &toy, in_order(20, 5));
        batches.into_iter().map(|b| b.map(|b| b.labels.len()).map_err(|e| e.example)).collect()
    });
    assert_eq!(said, [Ok(5), Err("row 7".to_owned())]);
}
