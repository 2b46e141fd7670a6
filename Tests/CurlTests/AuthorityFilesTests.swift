import Foundation
import TestSupport
import Testing

@testable import Curl

/// When a changed file of authorities is taken up.
struct AuthorityFilesTests {
    private final class Disk {
        var stamp: AuthorityFiles.Stamp?
        var isUsable = true

        init(_ number: Int) { change(number) }

        func change(_ number: Int?) {
            stamp = number.map { .init(device: 1, inode: 1, size: Int64($0), changed: []) }
        }
    }

    private final class Files {
        private var files: AuthorityFiles

        init(_ disk: Disk) {
            files = AuthorityFiles(stamp: { _ in disk.stamp }, isUsable: { _ in disk.isUsable })
            files.note("ca.pem")
        }

        func changed(now: ContinuousClock.Instant, immediately: Bool = false) -> Bool {
            files.changed(now: now, immediately: immediately)
        }
    }

    @Test func aChangeCountsWhenItIsSeenTwice() {
        let disk = Disk(1)
        let files = Files(disk)
        let start = ContinuousClock.now
        #expect(!files.changed(now: start))
        disk.change(2)
        #expect(!files.changed(now: start + .milliseconds(500)), "nobody looks yet")
        #expect(!files.changed(now: start + .seconds(1)), "it may be half written")
        disk.change(3)
        #expect(!files.changed(now: start + .seconds(2)), "it was")
        #expect(files.changed(now: start + .seconds(3)))
        #expect(!files.changed(now: start + .seconds(4)), "once")
    }

    @Test func aReloadDoesNotWait() {
        let disk = Disk(1)
        let files = Files(disk)
        let start = ContinuousClock.now
        #expect(!files.changed(now: start, immediately: true))
        disk.change(2)
        #expect(files.changed(now: start, immediately: true))
        #expect(!files.changed(now: start, immediately: true))
    }

    @Test func whatIsGoneOrUselessLeavesTheOldInForce() {
        let disk = Disk(1)
        let files = Files(disk)
        let start = ContinuousClock.now
        disk.change(nil)
        #expect(!files.changed(now: start, immediately: true))
        disk.change(2)
        disk.isUsable = false
        #expect(!files.changed(now: start, immediately: true))
        disk.isUsable = true
        #expect(files.changed(now: start, immediately: true))
    }

    @Test func aWholeFileOfCertificatesLooksLikeOne() throws {
        let folder = try TemporaryFolder()
        let whole = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"
        for (text, isUsable) in [
            (whole, true), (whole + whole, true), (String(whole.dropLast(30)), false), ("", false),
        ] {
            #expect(AuthorityFiles.holdsCertificates(try folder.write(text, to: "ca.pem")) == isUsable, "\(text)")
        }
        #expect(!AuthorityFiles.holdsCertificates(folder.path("none")))
    }
}
