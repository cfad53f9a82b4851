package dev.fovea.train.loop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The log of a run, {@code log.jsonl}: one object a line, with {@code stage}, {@code step} and figures. */
final class TrainingLog {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;

    TrainingLog(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /** Adds a line; figures that are no numbers are left out. */
    void append(String stage, long step, Map<String, Double> figures) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("stage", stage);
        line.put("step", step);
        figures.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                line.put(name, value);
            }
        });
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            String text = (endsInMidLine() ? "\n" : "") + JSON.writeValueAsString(line) + "\n";
            // Not a channel: an interruption would close it in mid-line.
            try (FileOutputStream out = new FileOutputStream(file.toFile(), true)) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new TrainingException(
                    file + " cannot be written (" + e.getMessage()
                            + "); training goes on from its last checkpoint once that is mended",
                    e);
        }
    }

    /** Whether the process died while it wrote the last line. */
    private boolean endsInMidLine() throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            if (log.length() == 0) {
                return false;
            }
            log.seek(log.length() - 1);
            return log.read() != '\n';
        }
    }
}
