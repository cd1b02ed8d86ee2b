//! What the arrays of clips are called in their folder.

use super::keys::stem;
use crate::corpus::Clip;
use std::collections::BTreeMap;

/// A part of a name.
enum Part<'a> {
    Text(&'a str),
    /// In braces: something of the clip.
    Of(&'a str),
}

/// The name of each clip's array, or why it has none of its own.
///
/// # Errors
/// A pattern with an open brace, or one that asks for what no clip has.
pub(super) fn of(pattern: &str, clips: &[Clip]) -> Result<Vec<Result<String, String>>, String> {
    let parts = parts(pattern)?;
    let known = |what: &str| clips.is_empty() || clips.iter().any(|clip| value(clip, what).is_some());
    for part in &parts {
        if let Part::Of(what) = part
            && !known(what)
        {
            let columns = clips.iter().flat_map(|clip| clip.columns.keys()).map(String::as_str);
            let columns: std::collections::BTreeSet<&str> = columns.collect();
            let there = ["id", "file", "name", "speaker", "label"].into_iter().chain(columns).collect::<Vec<_>>();
            return Err(format!("external.file: no clip has `{{{what}}}`; there are {}", there.join(", ")));
        }
    }
    let name = |clip: &Clip| {
        let part = |part: &Part<'_>| match part {
            Part::Text(text) => Ok((*text).to_owned()),
            Part::Of(what) => value(clip, what).ok_or_else(|| format!("it has no `{what}`, which {pattern} asks for")),
        };
        parts.iter().map(part).collect::<Result<String, String>>()
    };
    let mut names: Vec<Result<String, String>> = clips.iter().map(name).collect();
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (clip, name) in names.iter().enumerate() {
        name.iter().for_each(|name| users.entry(name.clone()).or_default().push(clip));
    }
    for (name, users) in users.into_iter().filter(|(_, users)| users.len() > 1) {
        let all = users.iter().map(|&clip| clips[clip].id.as_str()).take(3).collect::<Vec<_>>().join(", ");
        let more = if users.len() > 3 { ", ..." } else { "" };
        for clip in users {
            names[clip] =
                Err(format!("{name} is the array of several clips ({all}{more}); let `file` tell them apart"));
        }
    }
    Ok(names)
}

/// Something of a clip.
fn value(clip: &Clip, what: &str) -> Option<String> {
    match what {
        "id" => Some(without_ending(&clip.id)),
        "file" => Some(clip.id.clone()),
        "name" => Some(without_ending(&clip.id)).map(|id| id.rsplit('/').next().unwrap_or(&id).to_owned()),
        column => clip.column(column).map(str::to_owned),
    }
}

/// An id without the ending of its file; the times of a part stay.
fn without_ending(id: &str) -> String {
    let (file, times) = id.rsplit_once('#').map_or((id, String::new()), |(file, times)| (file, format!("#{times}")));
    let folder = file.rfind('/').map_or(0, |at| at + 1);
    format!("{}{}{times}", &file[..folder], stem(&file[folder..]))
}

fn parts(pattern: &str) -> Result<Vec<Part<'_>>, String> {
    let (mut parts, mut rest) = (Vec::new(), pattern);
    while let Some((text, behind)) = rest.split_once('{') {
        let open = || format!("external.file: the brace in {pattern:?} is never closed");
        let (what, behind) = behind.split_once('}').ok_or_else(open)?;
        parts.extend([Part::Text(text), Part::Of(what)]);
        rest = behind;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}
