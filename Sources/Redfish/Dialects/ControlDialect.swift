import Shedding
import StrictJSON

/// One way in which BMCs offer a control: how to recognise it in a document, and what to send.
protocol ControlDialect: Sendable {
    /// The name under which journals keep it; never changes.
    static var name: String { get }

    /// The kind of document that it lives in.
    static var shape: ControlShape { get }

    /// How long a write may take where that is longer than usual.
    static var patience: Duration? { get }

    /// Why what the document shows of the control cannot be used, such as a limit that is no number; nil where it can,
    /// and where the document is none of this dialect.
    static func objection(to document: JSONValue, at place: Locator) -> String?

    /// What the document says of the control; nil where it is none of this dialect, or one that cannot be used.
    static func reading(in document: JSONValue, at place: Locator) -> Reading?

    /// What to send, given what the document shows now; nil where the change does not suit this kind of control.
    static func step(_ change: Convergence.Write, in document: JSONValue, at place: Locator) -> ControlStep?
}

extension ControlDialect {
    static var patience: Duration? { nil }

    static func objection(to document: JSONValue, at place: Locator) -> String? { nil }
}

/// The kinds of documents that hold controls.
enum ControlShape: Sendable, Hashable {
    case control
    case environmentMetrics
    case power
    case dellAttributes
    case hpeAccelerators
    case processor
    case system
    case nodeManager
}

/// All dialects. Of one shape, the first that recognises a document has it: what is special comes before the standard.
enum ControlDialects {
    static let inOrder: [any ControlDialect.Type] = [
        LenovoControl.self, NVIDIAControl.self, StandardControl.self,
        NVIDIAEnvironmentMetrics.self, StandardEnvironmentMetrics.self,
        DellAttributes.self,
        AMIPowerControl.self, HPEPowerControl.self, PowerControlLimit.self,
        HPEAccelerators.self,
        ProcessorSpeedLimit.self, OperatingSpeedRange.self, ClockLimit.self,
        SystemPowerMode.self, HPEPowerRegulator.self,
        NodeManagerPolicy.self,
    ]

    static func named(_ name: String) -> (any ControlDialect.Type)? { inOrder.first { $0.name == name } }

    /// The dialect of a document that was found as a resource of this shape; nil where it is of none, or shows a control
    /// that cannot be used: that is not looked at with the eyes of another dialect, which may take its value for none.
    static func recognising(
        _ document: JSONValue, _ shape: ControlShape, at place: (String) -> Locator
    ) -> (dialect: any ControlDialect.Type, place: Locator)? {
        for dialect in inOrder where dialect.shape == shape {
            let place = place(dialect.name)
            if dialect.objection(to: document, at: place) != nil { return nil }
            if dialect.reading(in: document, at: place) != nil { return (dialect, place) }
        }
        return nil
    }

    /// Why a document that shows a control offers none that can be used; nil where it shows none, or one that can.
    static func objection(
        to document: JSONValue, _ shape: ControlShape, at place: (String) -> Locator
    ) -> String? {
        for dialect in inOrder where dialect.shape == shape {
            if let objection = dialect.objection(to: document, at: place(dialect.name)) { return objection }
        }
        return nil
    }
}
