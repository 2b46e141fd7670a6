/// How far another's clock, or our own of an earlier time, may be ahead of ours.
public enum ClockSkew {
    /// Five minutes, as Kerberos made it customary: more than a host is off by whose NTP has been gone for a month (some
    /// 50 ppm). What lies further ahead is a mistake, or an attempt to outlive the limits on age.
    public static let tolerated = Duration.seconds(300)
}
