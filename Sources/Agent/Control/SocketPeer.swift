import Foundation

/// The user at the other end of a Unix socket.
struct SocketPeer: Sendable, Hashable {
    let user: uid_t
    /// Its effective group when it connected.
    let group: gid_t

    /// The user's name, or its number where it has none.
    var name: String { record?.name ?? "\(user)" }

    /// Whether it is in a group by its own or by the system's list of members.
    func isMember(of wanted: gid_t) -> Bool {
        if group == wanted { return true }
        guard let record else { return false }
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(record.name, record.group, &groups, &count) >= 0 else { return false }
        return groups.prefix(Int(count)).contains(wanted)
    }

    private var record: (name: String, group: gid_t)? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return nil }
        return (String(cString: name), entry.pw_gid)
    }
}
