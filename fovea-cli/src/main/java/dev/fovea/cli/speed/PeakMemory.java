package dev.fovea.cli.speed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** The most memory that this process held so far: resident pages, those of mapped files among them. */
public final class PeakMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String LINE = "VmHWM:";

    private PeakMemory() {}

    /** In bytes; nothing where the system does not say. */
    public static OptionalLong bytes() {
        try {
            return Files.isReadable(STATUS) ? parse(Files.readAllLines(STATUS)) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** From lines such as {@code VmHWM:   123456 kB}. */
    static OptionalLong parse(List<String> status) {
        return status.stream()
                .filter(line -> line.startsWith(LINE))
                .map(line -> line.substring(LINE.length()).strip().split(" ", -1)[0])
                .mapToLong(kilobytes -> Long.parseLong(kilobytes) << 10)
                .findFirst();
    }
}
