public import Shedding
import StrictJSON

/// Changing several controls by one request.
extension BMCClient {
    /// A change of a control that `read` has just shown.
    public struct Change: Sendable {
        let write: Convergence.Write
        let entry: ControlEntry

        public init(write: Convergence.Write, entry: ControlEntry) {
            self.write = write
            self.entry = entry
        }
    }

    /// Changes controls of one `Reading.group` by one PATCH of that group (DSP0266, deep PATCH); one by one where the
    /// BMC does not take that.
    ///
    /// What became of each has to be read back from each: an answer for all of them says little of one.
    ///
    /// - Returns: for each change, in their order, what became of its request
    public func writeTogether(
        _ changes: [Change], context: RequestContext = RequestContext()
    ) async -> [Result<Void, BMCFault>] {
        var members: [JSONValue] = []
        var groups: Set<String> = []
        for change in changes {
            guard let (group, member) = member(change) else { break }
            members.append(member)
            groups.insert(group)
        }
        guard members.count == changes.count, let group = groups.first, groups.count == 1 else {
            return await writeEach(changes, context: context)
        }
        do throws(BMCFault) {
            let objection = try await patch(
                Document(uri: group, json: .null, etags: []), ["Members": .array(members)], condition: .preferred,
                timeout: nil, context: context)
            for change in changes { objections[change.entry.key] = objection }
            return changes.map { _ in .success(()) }
        } catch {
            guard error.kind == .refused else { return changes.map { _ in .failure(error) } }
            refusedGroups.insert(group)
            // Some of the changes may have been made all the same.
            return await writeEach(changes, context: context).map { result in
                result.mapError { BMCFault(.unknownEffect, $0.message, retryAfter: $0.retryAfter) }
            }
        }
    }

    private func writeEach(
        _ changes: [Change], context: RequestContext
    ) async -> [Result<Void, BMCFault>] {
        var results: [Result<Void, BMCFault>] = []
        for change in changes {
            // What was read before the others were written has an ETag of the past, and may show what is no more.
            if case .failure(let fault) = await read(change.entry, context: context) {
                results.append(.failure(fault))
                continue
            }
            results.append(await write(change.write, change.entry, context: context))
        }
        return results
    }

    /// The member of a group's PATCH that makes a change; nil where that takes more than one PATCH of the control.
    private func member(_ change: Change) -> (group: String, member: JSONValue)? {
        guard let locator = locators[change.entry.key], let document = documents[change.entry.key],
            let dialect = ControlDialects.named(locator.dialect),
            let group = dialect.reading(in: document.json, at: locator)?.group,
            case .change(let requests)? = dialect.step(change.write, in: document.json, at: locator),
            requests.count == 1, requests[0].method == .patch, requests[0].uri == nil,
            let body = requests[0].bodies.first?.object
        else { return nil }
        var member = JSONObject()
        member["@odata.id"] = .string(locator.uri)
        for property in body { member[property.key] = property.value }
        return (group, .object(member))
    }
}
