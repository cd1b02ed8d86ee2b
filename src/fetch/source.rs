//! Where a corpus is fetched from.

use super::FetchError;

/// The repository in which the authors of CREMA-D publish it.
pub const GITHUB: &str = "https://github.com/CheyneyComputerScience/CREMA-D";

/// Where the authors keep a second copy since the first one used up its monthly transfer (issue 15 of the repository).
pub const MIRROR: &str = "https://gitlab.com/cs-cooper-lab/crema-d-mirror";

/// The branch that is fetched from a server of GitHub's kind unless another one is named.
const BRANCH: &str = "master";

/// A repository with the corpus: its address and which state of it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    base: String,
    reference: Option<String>,
}

impl Source {
    /// The repository at `base` (`https://host/path` or `http://host/path`, with or without `.git`) at the branch or
    /// commit `reference`; without one, at `master` or at what a GitLab server has as its default branch.
    ///
    /// Servers of GitHub's kind are understood, and of GitLab's where `gitlab` is a part of the host's name.
    ///
    /// # Errors
    /// [`FetchError::Address`] and [`FetchError::Reference`] for what is none. An address with a name or password is
    /// refused, too: both would show up in messages.
    pub fn new(base: &str, reference: Option<&str>) -> Result<Self, FetchError> {
        let wrong = |why| FetchError::Address { url: base.to_owned(), why };
        let trimmed = base.trim_end_matches('/');
        let trimmed = trimmed.strip_suffix(".git").unwrap_or(trimmed);
        let Some((host, path)) = split(trimmed) else { return Err(wrong("does not begin with https:// or http://")) };
        if !trimmed.bytes().all(|b| b.is_ascii_graphic()) || trimmed.contains(['?', '#', '"', '<', '>', '\\', '%']) {
            return Err(wrong("has characters that no such address has"));
        }
        if host.contains('@') {
            // What was given is not repeated: it may be a password.
            let url = "the address".to_owned();
            return Err(FetchError::Address { url, why: "holds a name or password, which is not supported" });
        }
        if host.is_empty() || path.is_empty() {
            return Err(wrong("names no host or no repository"));
        }
        let reference = match reference {
            Some(name) if is_reference(name) => Some(name.to_owned()),
            Some(name) => return Err(FetchError::Reference { reference: name.to_owned() }),
            None => None,
        };
        Ok(Self { base: trimmed.to_owned(), reference })
    }

    /// CREMA-D where its authors publish it.
    pub fn crema_d() -> Self {
        Self { base: GITHUB.to_owned(), reference: None }
    }

    /// The repository's address, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The branch or commit that was named.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Where the repository's archive lies: gzipped tar, in which large files are pointers.
    pub(super) fn archive_url(&self) -> String {
        let base = &self.base;
        if let Some((scheme, host, path)) = self.gitlab() {
            // Without the last setting, GitLab puts all films of the corpus into the archive.
            let project = path.replace('/', "%2F");
            let sha = self.reference.as_ref().map(|name| format!("&sha={name}")).unwrap_or_default();
            let api = format!("{scheme}://{host}/api/v4/projects/{project}/repository/archive.tar.gz");
            return format!("{api}?include_lfs_blobs=false{sha}");
        }
        match self.reference.as_deref().unwrap_or(BRANCH) {
            commit if commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()) => {
                format!("{base}/archive/{commit}.tar.gz")
            }
            name if name.starts_with("refs/") => format!("{base}/archive/{name}.tar.gz"),
            branch => format!("{base}/archive/refs/heads/{branch}.tar.gz"),
        }
    }

    /// Where Git LFS tells the addresses of large files.
    pub(super) fn batch_url(&self) -> String {
        format!("{}.git/info/lfs/objects/batch", self.base)
    }

    /// Whether nothing may be fetched in the clear.
    pub(super) fn is_https(&self) -> bool {
        self.base.starts_with("https://")
    }

    /// What to try where the server refuses.
    pub(super) fn hint(&self) -> String {
        if self.base == GITHUB {
            format!("\nits authors keep a second copy: --from {MIRROR}")
        } else {
            "\nname another copy with --from, or another branch or commit with --ref".to_owned()
        }
    }

    fn gitlab(&self) -> Option<(&str, &str, &str)> {
        let (scheme, _) = self.base.split_once("://")?;
        let (host, path) = split(&self.base)?;
        host.split(['.', ':']).any(|part| part == "gitlab").then_some((scheme, host, path))
    }
}

/// Host (with its port) and path of an address, the path without the slash before it.
pub(super) fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

/// Git's own rules, and nothing that means anything in an address.
fn is_reference(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
    let parts = || name.split('/');
    plain && name.len() <= 200 && !name.contains("..") && parts().all(|p| !p.is_empty() && !p.starts_with(['-', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_github_and_git_lfs() {
        let source = Source::crema_d();
        assert_eq!(source.archive_url(), format!("{GITHUB}/archive/refs/heads/master.tar.gz"));
        assert_eq!(source.batch_url(), format!("{GITHUB}.git/info/lfs/objects/batch"));
        assert_eq!(Source::new(&format!("{GITHUB}.git/"), None).unwrap(), source);
        let commit = "02f12b39b56c8424039d0a953b89d47fc47d380f";
        let archive = |name| Source::new("http://localhost:80/a/b", Some(name)).unwrap().archive_url();
        assert_eq!(archive(commit), format!("http://localhost:80/a/b/archive/{commit}.tar.gz"));
        assert_eq!(archive("refs/tags/v1"), "http://localhost:80/a/b/archive/refs/tags/v1.tar.gz");
        assert_eq!(archive("a/b"), "http://localhost:80/a/b/archive/refs/heads/a/b.tar.gz");
    }

    #[test]
    fn a_gitlab_server_is_asked_for_pointers() {
        let api = "https://gitlab.com/api/v4/projects/cs-cooper-lab%2Fcrema-d-mirror/repository/archive.tar.gz";
        let source = Source::new(MIRROR, None).unwrap();
        assert_eq!(source.archive_url(), format!("{api}?include_lfs_blobs=false"));
        assert_eq!(source.batch_url(), format!("{MIRROR}.git/info/lfs/objects/batch"));
        let source = Source::new(MIRROR, Some("main")).unwrap();
        assert_eq!(source.archive_url(), format!("{api}?include_lfs_blobs=false&sha=main"));
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_repeated() {
        for base in
            ["", "github.com/a/b", "file:///a/b", "https://host", "https:///a", "https://h/a?b", "https://h/a b"]
        {
            assert!(matches!(Source::new(base, None), Err(FetchError::Address { .. })), "{base}");
        }
        let secret = Source::new("https://me:secret@host/a/b", None).unwrap_err().to_string();
        assert!(!secret.contains("secret"), "{secret}");
    }

    #[test]
    fn what_is_no_branch_is_refused() {
        for name in ["", "-x", "a..b", "/a", "a/", "a b", "a?b", "a%2F", "a//b", "é", ".git", &"x".repeat(201)] {
            let refused = Source::new(GITHUB, Some(name));
            assert!(matches!(refused, Err(FetchError::Reference { .. })), "{name}");
        }
    }
}
