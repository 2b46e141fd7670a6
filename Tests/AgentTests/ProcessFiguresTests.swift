import Prometheus
import Testing

@testable import Agent

struct ProcessFiguresTests {
    private let line = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 17 0 100 1048576 256 0 0\n"

    @Test func aProgramMayBeCalledAnything() throws {
        let figures = try #require(
            ProcessFigures(stat: line, ticks: 100, pageBytes: 4096, openDescriptors: 5, descriptorLimit: .infinity))
        #expect(figures.processorSeconds == 3)
        #expect(figures.threads == 17)
        #expect(figures.virtualBytes == 1_048_576)
        #expect(figures.residentBytes == 1_048_576)
    }

    @Test(arguments: ["", "42", "42 (x", "42 (x) S 1 2", "42 (x) S a b c d e f g h i j k l m n o p q r s t u v w"])
    func whatIsNoSuchLineIsNothing(line: String) {
        let figures = ProcessFigures(
            stat: line, ticks: 100, pageBytes: 4096, openDescriptors: 5, descriptorLimit: 1)
        #expect(figures == nil)
    }

    @Test func thisProcessIsSeen() throws {
        let figures = try #require(ProcessFigures.read())
        #expect(figures.residentBytes > 1_048_576 && figures.openDescriptors >= 3 && figures.threads >= 1)
        let metrics = ProcessMetrics()
        metrics.refresh()
        #expect(metrics.openDescriptors.series.value >= 3)
    }
}
