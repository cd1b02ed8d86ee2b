//! `reproduce` and `leak-bill` through the binary: verdicts, exit codes, and what they leave on disk.

mod common;

use common::{Folder, serlab};

/// Three tiny networks near chance; `claims` are its `[[published]]` tables.
fn spec(claims: &str) -> String {
    format!(
        r#"
name = "tiny"
seeds = [0, 1, 2]

[corpus.synth]
speakers = 8

[split.speakers]
test = 0.3
validation = 0.2

[train]
epochs = 2
batch_size = 16

[variants.1d]
features = [{{ zcr = {{}} }}, {{ energy = {{}} }}]
model.cnn-1d = {{ channels = [4, 8], head = [8] }}

{claims}"#
    )
}

fn claim(value: f64, more: &str) -> String {
    format!("[[published]]\nvariant = \"1d\"\nvalue = {value}\nsource = \"a paper\"\n{more}\n")
}

#[test]
fn each_kind_of_claim_gets_its_verdict_and_only_all_reproduced_is_done() {
    let folder = Folder::new();
    let holds = claim(0.14, "protocol = \"speakers\"\ndecimals = 0");
    let path = folder.write("tiny.toml", &spec(&holds));
    let done = serlab(&folder).arg("reproduce").arg(&path).run();
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(
        done.out.contains("1d, accuracy: REPRODUCED") && done.out.contains("1 of 1 claim reproduced"),
        "{}",
        done.out
    );
    assert_eq!(folder.seals().len(), 3);

    let others = [
        claim(0.97, "protocol = \"speakers\""),
        claim(0.592, "protocol = \"clips\"\nn = 2233"),
        claim(0.8766, "protocol = \"rows\"\nn = 2233"),
    ];
    let path = folder.write("tiny.toml", &spec(&format!("{holds}{}", others.concat())));
    let no = serlab(&folder).arg("reproduce").arg(&path).run();
    assert_eq!(no.code, 1, "{}", no.all());
    for said in [
        "1d, accuracy: REPRODUCED",
        "1d, accuracy: NOT REPRODUCED",
        "1d, accuracy: PROTOCOL DIFFERS",
        "1d, accuracy: IMPOSSIBLE",
        "3915 of 4466 would be (2 x 2233)",
        "1 of 4 claims reproduced",
    ] {
        assert!(no.out.contains(said), "{said}: {}", no.out);
    }
    assert!(no.err.contains("3 runs, 3 done, 0 to do"), "nothing is run twice: {}", no.err);
    let json = serlab(&folder).arg("reproduce").arg(&path).args(["--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let verdicts: Vec<&str> =
        document["claims"]["judged"].as_array().unwrap().iter().map(|j| j["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["REPRODUCED", "NOT REPRODUCED", "PROTOCOL DIFFERS", "IMPOSSIBLE"]);
}

#[test]
fn a_spec_without_claims_or_with_an_impossible_one_says_so() {
    let folder = Folder::new();
    let path = folder.write("tiny.toml", &spec(""));
    let none = serlab(&folder).arg("reproduce").arg(&path).run();
    assert!(none.code == 2 && none.err.contains("no [[published]] claim"), "{}", none.all());
    let path = folder.write("tiny.toml", &spec(&claim(56.05, "protocol = \"clip\"")));
    let wrong = serlab(&folder).arg("check").arg(&path).run();
    assert_eq!(wrong.code, 2);
    for said in ["is it 56.05 %?", "no split `clip`", "did you mean `clips`?"] {
        assert!(wrong.err.contains(said), "{said}: {}", wrong.err);
    }
}

#[test]
fn a_bill_runs_every_protocol_once_and_draws_what_honesty_costs() {
    let folder = Folder::new();
    let text = spec("[[augment]]\nidentity = {}\ncopies = 1\n").replace("seeds = [0, 1, 2]", "seeds = [0, 1]");
    let path = folder.write("tiny.toml", &text);
    let bill = serlab(&folder).arg("leak-bill").arg(&path).run();
    assert_eq!(bill.code, 0, "{}", bill.all());
    for said in ["rows", "clips", "speakers", "twins", "chance is 16.7", "LEAKS: twins", "leak-bill.svg"] {
        assert!(bill.out.contains(said), "{said}: {}", bill.out);
    }
    assert_eq!(folder.seals().len(), 6);
    let plot = std::fs::read_to_string(folder.path().join("runs/tiny/leak-bill.svg")).unwrap();
    assert!(plot.contains("LEAK"));
    let again = serlab(&folder).arg("leak-bill").arg(&path).args(["--format", "json"]).run();
    assert!(again.err.contains("6 done, 0 to do"), "{}", again.err);
    let document: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(document["serlab"], 1);

    let path = folder.write("plain.toml", &spec(""));
    let refused = serlab(&folder).arg("leak-bill").arg(&path).args(["--protocols", "rows,speakers"]).run();
    assert!(refused.code == 2 && refused.err.contains("set `copies = 1`"), "{}", refused.all());
}
