//! Who a caller is: the kernel says the user (SO_PEERCRED), `/etc/passwd` and `/etc/group` say the name and the groups.
//!
//! Only local accounts are known here; with accounts from elsewhere name users by number (`user:5001`).

use crate::config::{Principal, Role};

/// A caller, as the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Effective user.
    pub(crate) uid: u32,
    /// Effective group.
    pub(crate) gid: u32,
}

/// The accounts of this machine, as text of `/etc/passwd` and `/etc/group`.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    passwd: String,
    group: String,
}

impl Accounts {
    /// Reads both files; what cannot be read is empty, and then only numbers match.
    pub(crate) fn read() -> Accounts {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        Accounts { passwd: read("/etc/passwd"), group: read("/etc/group") }
    }

    fn uid(&self, name: &str) -> Option<u32> {
        let line = self.passwd.lines().find_map(|l| l.split_once(':').filter(|(n, _)| *n == name).map(|(_, r)| r));
        match line {
            Some(rest) => rest.split(':').nth(1)?.parse().ok(),
            None => name.parse().ok(),
        }
    }

    /// The name of a user.
    pub(super) fn name(&self, uid: u32) -> Option<&str> {
        self.passwd.lines().find_map(|l| {
            let mut fields = l.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
        })
    }

    fn is_in_group(&self, caller: Caller, group: &str) -> bool {
        let entry = self.group.lines().find_map(|l| {
            let mut fields = l.split(':');
            (fields.next()? == group).then_some(())?;
            let gid = fields.nth(1)?.parse::<u32>().ok()?;
            Some((gid, fields.next().unwrap_or_default()))
        });
        match entry {
            Some((gid, members)) => {
                gid == caller.gid || self.name(caller.uid).is_some_and(|n| members.split(',').any(|m| m.trim() == n))
            }
            None => group.parse() == Ok(caller.gid),
        }
    }

    fn is(&self, caller: Caller, principal: &Principal) -> bool {
        match principal {
            Principal::User(name) => self.uid(name) == Some(caller.uid),
            Principal::Group(name) => self.is_in_group(caller, name),
        }
    }
}

/// The roles of a caller. root and the daemon's own user have all.
pub(crate) fn roles(caller: Caller, own_uid: u32, given: &[(Role, Principal)], accounts: &Accounts) -> Vec<Role> {
    let all = [Role::Operator, Role::Agent, Role::Officer, Role::Auditor];
    if caller.uid == 0 || caller.uid == own_uid {
        return all.to_vec();
    }
    let has = |role: &Role| given.iter().any(|(r, p)| r == role && accounts.is(caller, p));
    all.into_iter().filter(has).collect()
}

/// A user or group, as the configuration names it.
pub(crate) fn principal(principal: &Principal) -> String {
    match principal {
        Principal::User(name) => format!("user:{name}"),
        Principal::Group(name) => format!("group:{name}"),
    }
}

/// A role, as the configuration names it.
pub(crate) fn word(role: Role) -> &'static str {
    match role {
        Role::Operator => "operator",
        Role::Agent => "agent",
        Role::Officer => "officer",
        Role::Auditor => "auditor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_which_role() {
        let accounts = Accounts {
            passwd: "root:x:0:0:root:/root:/bin/sh\njana:x:1001:1001::/h:/bin/sh\nann:x:1002:1002::/h:\nbroken\n"
                .into(),
            group: "support:x:2000:ann,bob\nops:x:2001:\nempty\n".into(),
        };
        let user = |n: &str| Principal::User(n.into());
        let group = |n: &str| Principal::Group(n.into());
        let given = [
            (Role::Officer, user("jana")),
            (Role::Agent, group("support")),
            (Role::Operator, group("ops")),
            (Role::Auditor, user("5001")),
            (Role::Auditor, group("6001")),
            (Role::Officer, user("nobody-here")),
        ];
        for (uid, gid, want) in [
            (0, 0, vec!["operator", "agent", "officer", "auditor"]),
            (999, 999, vec!["operator", "agent", "officer", "auditor"]),
            (1001, 1001, vec!["officer"]),
            (1002, 1002, vec!["agent"]),
            (1002, 2001, vec!["operator", "agent"]),
            (1003, 1003, vec![]),
            (5001, 1, vec!["auditor"]),
            (5002, 6001, vec!["auditor"]),
            (5003, 2000, vec!["agent"]),
        ] {
            let got: Vec<_> = roles(Caller { uid, gid }, 999, &given, &accounts).into_iter().map(word).collect();
            assert_eq!(got, want, "{uid}:{gid}");
        }
        assert!(
            roles(Caller { uid: 1001, gid: 1 }, 999, &given, &Accounts::default()).is_empty(),
            "names without files"
        );
    }
}
