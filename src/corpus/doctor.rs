//! What is wrong with a corpus before anything is trained on it, and what to leave out.

use super::spans::{Reach, spans};
use super::{Clip, Found, Survey};
use crate::audio::{Note, SILENT_PEAK};
use crate::lookalike;
use crate::words::counted_are;
use std::collections::{BTreeMap, BTreeSet};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Results would be wrong or training would fail.
    Error,
    /// Results may suffer.
    Warning,
    /// Good to know.
    Note,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// It cannot be decoded.
    Unreadable,
    /// The same audio under different labels.
    ConflictingLabels,
    /// The same audio under different speakers: a split by speaker would leak.
    ConflictingSpeakers,
    /// Its bytes are not those the corpus's own list gives.
    Altered,
    /// No sample above -80 dB of full scale.
    Silent,
    /// Shorter than a tenth of a second.
    TooShort,
    /// Fewer samples than the file promises, or damaged parts.
    Incomplete,
    /// At least one in a thousand samples at full scale, in runs.
    Clipped,
    /// The same audio twice, label and speaker agree.
    Duplicate,
    /// Parts of one file that overlap in time: in two partitions they would share audio.
    Overlapping,
    /// Labels or speakers that differ by case, white space, Unicode form or leading zeros: they may be one.
    LookalikeNames,
    /// A label or speaker that reads as a missing value.
    BlankNames,
    /// Its name does not follow the convention.
    Misnamed,
    /// Its name says of a clip what another file's name says.
    ThereTwice,
    /// It is listed but not there.
    Missing,
    /// Clips of different sample rates: each rate leaves its own trace in the spectrum.
    MixedRates,
    /// Songs, videos and audio in other formats: passed over.
    PassedOver,
    /// Something else the decoder noted.
    Odd,
}

/// Something found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub concern: Concern,
    /// The clips (or files) it is about.
    pub clips: Vec<String>,
    /// What was found, in a sentence.
    pub message: String,
    /// The clips to leave out: empty where they can be used.
    pub leave_out: Vec<String>,
}

/// Below this length no utterance is heard, and a default analysis window is not filled.
const SHORTEST_SECONDS: f64 = 0.1;
/// From this share of samples on a clip counts as clipped.
const CLIPPED_SHARE: f64 = 1e-3;

/// Examines a corpus; `heard` is what [`survey`](super::survey) gave for `found.clips`. The worst comes first.
pub fn examine(found: &Found, heard: &[Result<Survey, String>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (clip, heard) in found.clips.iter().zip(heard) {
        match heard {
            Ok(heard) => findings.extend(of_clip(clip, heard)),
            Err(e) => findings.push(single(Severity::Error, Concern::Unreadable, clip, e.clone(), true)),
        }
    }
    findings.extend(duplicates(&found.clips, heard));
    findings.extend(overlaps(&found.clips));
    findings.extend(mixed_rates(&found.clips, heard));
    findings.extend(names(&found.clips));
    let kinds = [
        (Concern::Misnamed, &found.misnamed, "misnamed, and not used"),
        (Concern::ThereTwice, &found.again, "other copies of clips, and not used; name the folder of one copy as root"),
        (Concern::Missing, &found.missing, "listed or published, but not there"),
    ];
    for (concern, lines, what) in kinds {
        if !lines.is_empty() {
            let message = format!("{} {what}", counted_are(lines.len(), "file"));
            let clips = lines.clone();
            findings.push(Finding { severity: Severity::Warning, concern, clips, message, leave_out: Vec::new() });
        }
    }
    for (why, count) in found.passed_over() {
        let message = format!("{count} passed over: {why}");
        let clips = found.ignored.iter().filter(|(_, reason)| *reason == why).map(|(id, _)| id.clone()).collect();
        let (severity, concern) = (Severity::Note, Concern::PassedOver);
        findings.push(Finding { severity, concern, clips, message, leave_out: Vec::new() });
    }
    findings.sort_by(|a, b| (a.severity, a.concern, &a.clips).cmp(&(b.severity, b.concern, &b.clips)));
    findings
}

fn single(severity: Severity, concern: Concern, clip: &Clip, message: String, leave_out: bool) -> Finding {
    let clips = vec![clip.id.clone()];
    let leave_out = if leave_out { clips.clone() } else { Vec::new() };
    Finding { severity, concern, clips, message, leave_out }
}

fn of_clip(clip: &Clip, heard: &Survey) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !heard.is_original {
        let message = "its SHA-256 is not the listed one; fetch the file again".to_owned();
        findings.push(single(Severity::Error, Concern::Altered, clip, message, true));
    }
    if heard.peak < SILENT_PEAK {
        let message = format!("silent: its largest sample is {:.1e} of full scale", heard.peak);
        findings.push(single(Severity::Error, Concern::Silent, clip, message, true));
    } else if heard.seconds < SHORTEST_SECONDS {
        let message = format!("{:.3} s long, shorter than {SHORTEST_SECONDS} s", heard.seconds);
        findings.push(single(Severity::Warning, Concern::TooShort, clip, message, true));
    }
    for note in &heard.notes {
        let (severity, concern, leave_out) = match note {
            Note::Clipped { samples, of } if (*samples as f64) < CLIPPED_SHARE * *of as f64 => continue,
            Note::Clipped { .. } => (Severity::Warning, Concern::Clipped, false),
            note if note.is_loss() => (Severity::Error, Concern::Incomplete, true),
            _ => (Severity::Note, Concern::Odd, false),
        };
        findings.push(single(severity, concern, clip, note.to_string(), leave_out));
    }
    findings
}

/// Clips that sound the same. Silent ones are passed over: they are reported as such.
fn duplicates(clips: &[Clip], heard: &[Result<Survey, String>]) -> Vec<Finding> {
    let mut groups: BTreeMap<[u8; 32], Vec<&Clip>> = BTreeMap::new();
    for (clip, heard) in clips.iter().zip(heard) {
        if let Ok(heard) = heard
            && heard.peak >= SILENT_PEAK
        {
            groups.entry(heard.hash).or_default().push(clip);
        }
    }
    let finding = |group: Vec<&Clip>| {
        let ids: Vec<String> = group.iter().map(|c| c.id.clone()).collect();
        let all = |of: fn(&Clip) -> &str| group.iter().map(|c| of(c)).collect::<Vec<_>>().join(" and ");
        let differ = |of: fn(&Clip) -> &str| group.iter().any(|c| of(c) != of(group[0]));
        if differ(|c| &c.label) {
            // Which label is right cannot be told, so none of them is used.
            let message = format!("the same audio is labelled {}", all(|c| &c.label));
            let (concern, leave_out) = (Concern::ConflictingLabels, ids.clone());
            Finding { severity: Severity::Error, concern, clips: ids, message, leave_out }
        } else if differ(|c| &c.speaker) {
            let message = format!("the same audio is given to speakers {}", all(|c| &c.speaker));
            let (concern, leave_out) = (Concern::ConflictingSpeakers, ids.clone());
            Finding { severity: Severity::Error, concern, clips: ids, message, leave_out }
        } else {
            let message = format!("the same audio {} times; the first is enough", ids.len());
            let leave_out = ids[1..].to_vec();
            Finding { severity: Severity::Warning, concern: Concern::Duplicate, clips: ids, message, leave_out }
        }
    };
    groups.into_values().filter(|group| group.len() > 1).map(finding).collect()
}

/// Clips that overlap in time in one file, a finding a file. Of those whose speakers differ the later ones should be left out: a
/// split by speaker would tear them apart.
fn overlaps(clips: &[Clip]) -> Vec<Finding> {
    let spans = spans(clips);
    let mut parts: Vec<usize> = (0..spans.len()).collect();
    parts.sort_by(|&a, &b| {
        let (a, b) = (spans[a], spans[b]);
        a.recording.cmp(&b.recording).then(a.start.total_cmp(&b.start))
    });
    let mut speakers = BTreeMap::new();
    let mut findings = Vec::new();
    for parts in parts.chunk_by(|a, b| spans[*a].recording == spans[*b].recording) {
        let (mut all, mut kept) = (Reach::default(), Reach::default());
        let (mut together, mut leave_out) = (BTreeSet::new(), Vec::new());
        for &part in parts {
            let (clip, span, next) = (&clips[part], spans[part], speakers.len());
            let speaker = *speakers.entry(&clip.speaker).or_insert(next);
            together.extend(all.over(span.start, None).into_iter().flat_map(|other| [other, part]));
            all.add(part, speaker, span.end);
            if kept.over(span.start, Some(speaker)).is_some() {
                leave_out.push(clip.id.clone());
            } else {
                kept.add(part, speaker, span.end);
            }
        }
        if together.is_empty() {
            continue;
        }
        let ids: Vec<String> = together.iter().map(|&part| clips[part].id.clone()).collect();
        let (concern, times) = (Concern::Overlapping, "parts of one file that overlap in time");
        findings.push(if leave_out.is_empty() {
            let message = format!("{times}: in two partitions they share audio; keep them together, as by speaker");
            Finding { severity: Severity::Warning, concern, clips: ids, message, leave_out }
        } else {
            let message = format!("{times}, of different speakers: a split by speaker shares their audio");
            Finding { severity: Severity::Error, concern, clips: ids, message, leave_out }
        });
    }
    findings
}

/// Labels and speakers that may be one, and those that read as none at all.
fn names(clips: &[Clip]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let kinds = [("labels", "label", Clip::label as fn(&Clip) -> &str), ("speakers", "speaker", Clip::speaker)];
    for (things, thing, of) in kinds {
        let named = |name: &str| clips.iter().filter(|c| of(c) == name).map(|c| c.id.clone()).collect::<Vec<String>>();
        let mut found = |concern, clips, message| {
            let severity = Severity::Warning;
            findings.push(Finding { severity, concern, clips, message, leave_out: Vec::new() });
        };
        let names: BTreeSet<&str> = clips.iter().map(of).collect();
        for group in lookalike::alike(names.iter().copied()) {
            let ids: Vec<Vec<String>> = group.iter().map(|name| named(name)).collect();
            let each = group.iter().zip(&ids);
            let said: Vec<String> =
                each.map(|(name, ids)| format!("`{}` ({})", lookalike::spelt(name), counted(ids.len()))).collect();
            let message = format!("the {things} {} may be one: write them alike", said.join(" and "));
            found(Concern::LookalikeNames, ids.concat(), message);
        }
        for name in names.into_iter().filter(|name| lookalike::is_blank(name)) {
            let ids = named(name);
            let count = counted(ids.len());
            let message = format!(
                "the {thing} `{name}` of {count} reads as a missing value: fill it in, or leave out what has it"
            );
            found(Concern::BlankNames, ids, message);
        }
    }
    findings
}

fn counted(clips: usize) -> String {
    if clips == 1 { "1 clip".to_owned() } else { format!("{clips} clips") }
}

/// Clips at other rates than most.
fn mixed_rates(clips: &[Clip], heard: &[Result<Survey, String>]) -> Option<Finding> {
    let mut rates: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (clip, heard) in clips.iter().zip(heard) {
        if let Ok(heard) = heard {
            rates.entry(heard.sample_rate_hz).or_default().push(clip.id.clone());
        }
    }
    let most = rates.iter().max_by_key(|(_, ids)| ids.len()).map(|(rate, _)| *rate)?;
    if rates.len() < 2 {
        return None;
    }
    let counts: Vec<String> = rates.iter().map(|(rate, ids)| format!("{} at {rate} Hz", ids.len())).collect();
    let message = format!("different sample rates: {}; they will be resampled to one", counts.join(", "));
    let clips = rates.into_iter().filter(|(rate, _)| *rate != most).flat_map(|(_, ids)| ids).collect();
    Some(Finding { severity: Severity::Note, concern: Concern::MixedRates, clips, message, leave_out: Vec::new() })
}

/// The lines for a spec that leave out what the findings advise to leave out; none where that is nothing.
pub fn advice(findings: &[Finding]) -> Option<String> {
    let clips: BTreeSet<&String> = findings.iter().flat_map(|f| &f.leave_out).collect();
    let lines: String = clips.iter().map(|id| format!("    {id:?},\n")).collect();
    (!clips.is_empty()).then(|| format!("[clips]\nleave_out = [\n{lines}]\n"))
}

impl Finding {
    /// The finding in one line; of many clips the first ten.
    pub fn text(&self) -> String {
        const SHOWN: usize = 10;
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let shown = self.clips.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = match self.clips.len().saturating_sub(SHOWN) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let advice = match self.leave_out.len() {
            0 => String::new(),
            n if n == self.clips.len() => "; leave out".to_owned(),
            _ => format!("; leave out {}", self.leave_out.join(", ")),
        };
        format!("{severity}: {shown}{more}: {}{advice}", self.message)
    }
}
