package dev.fovea.cli;

import dev.fovea.core.file.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files that {@code ask} shall write besides its answer. They are looked at before the model works, so that no answer is
 * waited for in vain.
 *
 * @param overlay where the overlay goes, or null
 * @param record where the recording goes, or null
 * @param thought where maps of the thought go, or null
 */
record Destinations(
        @Nullable Path overlay,
        @Nullable Path record,
        @Nullable Path thought) {

    Destinations(@Nullable Path overlay, @Nullable Path record) {
        this(overlay, record, null);
    }

    /**
     * Refuses what could not be written, or would write over a picture or each other.
     *
     * @param pictures what is asked about
     * @throws CommandFailure if something is wrong
     */
    void check(List<Path> pictures) {
        List<Path> overlays = overlays(pictures.size());
        List<Path> files = Stream.of(overlays.stream(), Stream.ofNullable(record), Stream.ofNullable(thought))
                .flatMap(named -> named)
                .toList();
        for (Path file : files) {
            try {
                OutputFile.check(file);
            } catch (IOException e) {
                throw CommandFailure.output(OutputFile.sentence(file, e), e);
            }
            if (pictures.stream().anyMatch(picture -> same(picture, file))) {
                throw CommandFailure.usage(file + " is a picture you ask about and would be written over; name another"
                        + " file to write");
            }
        }
        if (record != null && overlays.stream().anyMatch(file -> same(file, record))) {
            throw CommandFailure.usage("--overlay and --record would both write " + record + "; name two files");
        }
        checkThought(overlays);
    }

    private void checkThought(List<Path> overlays) {
        Path maps = thought;
        if (maps == null) {
            return;
        }
        if (record != null && same(maps, record)) {
            throw CommandFailure.usage("--thought-maps and --record would both write " + maps + "; name two files");
        }
        if (overlays.stream().anyMatch(file -> same(file, maps))) {
            throw CommandFailure.usage("--thought-maps and --overlay would both write " + maps + "; name two files");
        }
    }

    /** The file of each picture's overlay: the one that was named, or with several pictures a numbered one for each. */
    List<Path> overlays(int pictures) {
        Path file = overlay;
        if (file == null) {
            return List.of();
        }
        return pictures == 1
                ? List.of(file)
                : IntStream.rangeClosed(1, pictures)
                        .mapToObj(i -> numbered(file, i))
                        .toList();
    }

    /** {@code out.png} becomes {@code out-2.png}. */
    private static Path numbered(Path file, int number) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        String numbered = dot < 1 ? name + "-" + number : name.substring(0, dot) + "-" + number + name.substring(dot);
        return file.resolveSibling(numbered);
    }

    private static boolean same(Path one, Path other) {
        try {
            return one.toAbsolutePath()
                            .normalize()
                            .equals(other.toAbsolutePath().normalize())
                    || (Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other));
        } catch (IOException e) {
            // What cannot be looked at will be refused when it is opened.
            return false;
        }
    }
}
