import Journal
import OperatorAPI
import PowerEvents
import Shedding
import Site

/// Freezes and thaws, of everything or of parts of the site.
extension Enforcer {
    /// What a command is for; nil where it is for everything.
    ///
    /// - Parameter isThaw: what left the inventory since it was frozen can still be named
    /// - Throws: with every name that means nothing
    func scope(of request: CommandRequest, isThaw: Bool = false) throws(ResourceSelection.Unknown) -> FreezeScope? {
        guard request.namesParts else { return nil }
        let selection = ResourceSelection(
            names: Set(request.resources).sorted(), feeds: Set(request.feeds).sorted(), bmcs: Set(request.bmcs).sorted()
        )
        var (resolved, unknown) = selection.known(in: core.book.site)
        if isThaw {
            for scope in core.book.freezes.all.compactMap(\.scope) {
                let names = (scope.selection.names + scope.resources).flatMap {
                    (try? ResourceSelection.expand([$0])) ?? []
                }
                unknown.names.removeAll(where: names.contains)
                unknown.feeds.removeAll(where: scope.selection.feeds.contains)
                unknown.bmcs.removeAll(where: scope.selection.bmcs.contains)
            }
        }
        guard unknown.isEmpty else { throw unknown }
        return FreezeScope(selection, resources: HostRange.fold(resolved.all.lazy.filter { $0.bmc != nil }.map(\.id)))
    }

    /// - Returns: what happens next; nil where there are too many freezes
    func freeze(_ scope: FreezeScope?, for duration: Duration?, by author: CommandAuthor) -> String? {
        let since = now().steady
        let freeze = Freeze(
            scope, since: since, until: duration.map { since + $0 }, user: author.user, reason: author.reason)
        guard command(.freeze(freeze), by: author) == .done else { return nil }
        return outlook(after: freeze)
    }

    /// - Returns: what happens next; nil where nothing of it is frozen
    func thaw(_ scope: FreezeScope?, by author: CommandAuthor) -> String? {
        let frozen = core.book.controls.keys.filter { core.book.isFrozen($0) }
        guard command(.thaw(scope), by: author) == .done else { return nil }
        return outlook(afterThawOf: frozen.filter { !core.book.isFrozen($0) })
    }
}
