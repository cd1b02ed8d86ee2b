//! Models that are solved for at once.

use super::*;

/// The network solved for 24 examples.
pub(super) fn solution(architecture: &Architecture, device: &Device) -> Net {
    let net = net(architecture, 0, device);
    let solved = net.solved().unwrap();
    let values: Vec<f64> = values(solved.columns(batch(24, device))).into_iter().map(f64::from).collect();
    let labels: Vec<usize> = (0..24).map(|i| i % CLASSES).collect();
    let training =
        TrainingColumns { columns: values.len() / 24, values, labels: &labels, class_weights: &[1.0, 2.0, 1.0] };
    solved.solve(training, &|| false).unwrap()
}

#[test]
fn a_solution_depends_on_nothing_but_its_rows_and_survives_its_file() {
    let device = Device::flex();
    for architecture in solved() {
        let solve = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| solution(&architecture, &device))
        };
        let (first, again) = (solve(1), solve(3));
        let bytes = first.to_safetensors(&[]).unwrap();
        assert_eq!(again.to_safetensors(&[]).unwrap(), bytes, "{architecture:?}");
        let count = architecture.parameter_count(INPUT, CLASSES);
        assert_eq!(count.is_some(), matches!(architecture, Architecture::Linear(_)));
        assert!(count.is_none_or(|count| count == first.parameter_count()));
        // The network that reads a file has no support vectors yet.
        let loaded = net(&architecture, 7, &device).from_safetensors(&bytes).unwrap();
        assert_eq!(loaded.to_safetensors(&[]).unwrap(), bytes);
        let x = batch(3, &device);
        assert_eq!(values(loaded.forward(x.clone(), &[], None)), values(first.forward(x, &[], None)));
    }
}

#[test]
pub(super) fn solutions_answer_the_examples_they_are_solved_for() {
    let device = Device::flex();
    for table in ["linear = { c = 1e4 }", "svm = { c = 1e3, kernel = 'linear' }", "svm = { c = 1e3 }"] {
        let net = solution(&toml::from_str(table).unwrap(), &device);
        let given = values(net.forward(batch(24, &device), &[], None));
        let right = given.chunks_exact(CLASSES).enumerate().filter(|(i, row)| {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter().position(|value| *value == largest) == Some(i % CLASSES)
        });
        assert_eq!(right.count(), 24, "{table}");
        if !net.gives_probabilities() {
            let votes = given.chunks_exact(CLASSES).all(|row| row.iter().sum::<f32>() == 3.0);
            assert!(votes, "each of three pairs has a vote: {given:?}");
        }
    }
}

#[test]
fn files_of_an_svm_that_do_not_fit_together_are_refused() {
    let device = Device::flex();
    let build = |table: &str| -> Architecture { toml::from_str(table).unwrap() };
    let bytes = solution(&build("svm = { statistics = ['mean'] }"), &device).to_safetensors(&[]).unwrap();
    let error = net(&build("svm = { kernel = 'linear' }"), 0, &device).from_safetensors(&bytes).unwrap_err();
    for part in ["`decisions.kernel_gamma` is not part of the network", "`scales.mean` is [16], expected [64]"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn gamma_is_a_name_or_a_number_above_0() {
    let read = |gamma: &str| toml::from_str::<Architecture>(&format!("svm = {{ gamma = {gamma} }}"));
    let said = |gamma: &str| read(gamma).unwrap().problems(&Context::default());
    assert_eq!((said("'scale'"), said("0.5"), said("2")), (vec![], vec![], vec![]));
    let message = "0 is out of range; allowed: above 0, or \"scale\"";
    assert_eq!(said("0"), [Problem::new("svm.gamma", message)]);
    assert!(read("'auto'").unwrap_err().to_string().contains("expected `scale`"));
    for gamma in ["'scale'", "0.5"] {
        let architecture = read(gamma).unwrap();
        let again: Architecture = toml::from_str(&toml::to_string(&architecture).unwrap()).unwrap();
        assert_eq!(again, architecture);
    }
}
