import Shedding

/// How long, and how much, a journal keeps of what nobody acts on any more.
public enum Retention {
    /// How long a closed breach is known, and its history kept.
    public static let breaches = Duration.seconds(90 * 86_400)
    /// So many payloads of a source are recognised when they come again, the latest ones. One that is not is judged by its
    /// breach, so this bounds a table and nothing else.
    public static let payloadsPerSource = 20_000
    /// So many refusals are kept for each reason, and of each source where it is proven to be it.
    public static let refusalsPerReason = 2_000
    /// Reasons that come after the signature was verified.
    static let provenReasons = RefusalReason.allCases.filter(\.isOfVerifiedSource).map(\.rawValue)
}
