import Shedding

/// As rows, logs and people name it: `dgx-01/power_limit`.
extension ControlKey: RecordValue {
    func write(to text: inout RecordText) { text.write(resource, slash: facet.rawValue) }

    init(reading source: RecordSource) throws {
        if source.isEarlier {
            self.init(resource: try source.required("resource"), facet: try source.required("facet"))
            return
        }
        let text = try String(reading: source)
        // A resource's id may have slashes of its own.
        guard let slash = text.utf8.lastIndex(of: 0x2F), let facet = Facet(rawValue: String(text[slash...].dropFirst()))
        else { throw RecordError("is \"\(text)\", not a resource, a slash and one of its controls") }
        self.init(resource: String(text[..<slash]), facet: facet)
    }
}

extension ControlKey.Facet: RecordValue {}
