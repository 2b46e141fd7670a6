/// Machines that were exchanged while something is held on them.
extension Breaches {
    /// What is wrong where a look saw another machine than the one that something is held on; nil where nothing is.
    func exchangedMachine(in sight: Sight) -> BMCTrouble? {
        for (resource, found) in sight.identities.sorted(by: { $0.key < $1.key }) {
            for facet in ControlKey.Facet.allCases {
                guard let entry = controls[ControlKey(resource: resource, facet: facet)]?.entry, entry.isOwed,
                    let known = entry.identity, known.contradicts(found)
                else { continue }
                return BMCTrouble(
                    .anotherMachine, "another machine answers for \(resource): \(found) in the place of \(known)")
            }
        }
        return nil
    }
}
