import Prometheus
import Testing

/// The text exposition format, version 0.0.4.
struct PrometheusTextTests {
    private struct Place: MetricLabels {
        static let names = ["site", "rack"]
        var site: String
        var rack: String
        var values: [String] { [site, rack] }
    }

    private func lines(_ metrics: any AnyMetric...) -> [String] {
        PrometheusText(metrics).page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func helpAndTypeStandOnceBeforeAllSeries() {
        let metric = Metric<Counter, Place>(
            "doors_total", help: "Doors.", shown: [Place(site: "b", rack: "1"), Place(site: "a", rack: "2")])
        metric[Place(site: "a", rack: "1")].increment(by: 2)
        #expect(
            lines(metric) == [
                "# HELP doors_total Doors.", "# TYPE doors_total counter", #"doors_total{site="a",rack="1"} 2"#,
                #"doors_total{site="a",rack="2"} 0"#, #"doors_total{site="b",rack="1"} 0"#, "",
            ])
    }

    @Test func metricsComeByName() {
        let (late, early) = (Metric<Gauge, NoLabels>("z", help: "Z."), Metric<Counter, NoLabels>("a_total", help: "A."))
        late.set(true)
        early.increment()
        #expect(
            lines(late, early) == [
                "# HELP a_total A.", "# TYPE a_total counter", "a_total 1", "# HELP z Z.", "# TYPE z gauge", "z 1", "",
            ])
    }

    /// A quote is itself in a help text. A return is no line end, nor is it one together with a line feed, which Swift
    /// takes for one character.
    @Test func valuesAndHelpAreEscaped() {
        let metric = Metric<Gauge, Place>(
            "a", help: "A \"b\"\\\nc", shown: [Place(site: "q\"\\\nx\r\ny", rack: "ü")])
        #expect(
            PrometheusText([metric]).page
                == "# HELP a A \"b\"\\\\\\nc\n# TYPE a gauge\na{site=\"q\\\"\\\\\\nx\r\\ny\",rack=\"ü\"} 0\n")
    }

    @Test func anEmptyValueIsNoLabel() {
        let metric = Metric<Gauge, Place>(
            "a", help: "A.", shown: [Place(site: "", rack: "1"), Place(site: "", rack: "")])
        #expect(lines(metric).suffix(3) == ["a 0", #"a{rack="1"} 0"#, ""])
    }

    @Test(arguments: [
        (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0, "0"), (-0.0, "0"), (1.5, "1.5"),
        (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"), (9_007_199_254_740_992, "9007199254740992"),
    ])
    func numbers(value: Double, text: String) {
        var page = PrometheusText()
        page.sample("a", [], value)
        #expect(page.page == "a \(text)\n")
    }

    @Test func aHistogramsBucketsAddUpToInfinity() {
        let metric = Metric<Histogram, NoLabels>("a_seconds", .seconds, help: "A.")
        for milliseconds in [5, 30, 30, 100_000] { metric.series.observe(.milliseconds(milliseconds)) }
        let text = lines(metric)
        #expect(text.prefix(2) == ["# HELP a_seconds A.", "# TYPE a_seconds histogram"])
        #expect(text.contains(#"a_seconds_bucket{le="0.005"} 1"#))
        #expect(text.contains(#"a_seconds_bucket{le="0.025"} 1"#))
        #expect(text.contains(#"a_seconds_bucket{le="0.05"} 3"#))
        #expect(
            text.suffix(5) == [
                #"a_seconds_bucket{le="60"} 3"#, #"a_seconds_bucket{le="+Inf"} 4"#, "a_seconds_sum 100.065",
                "a_seconds_count 4", "",
            ])
    }

    @Test func aCounterNeverGoesBack() {
        let counter = Counter()
        counter.increment(by: 3)
        counter.increment(by: -1)
        counter.advance(to: 2)
        #expect(counter.value == 3)
        counter.advance(to: 4.5)
        counter.advance(to: .nan)
        #expect(counter.value == 4.5)
    }
}
