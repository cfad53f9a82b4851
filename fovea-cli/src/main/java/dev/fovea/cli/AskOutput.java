package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ask} does with an answer: overlays, the recording, and then the words.
 *
 * @param model name of the model
 * @param patchSize side of a patch of its pictures
 * @param spending techniques and budget
 * @param overlay where overlays go, or null
 * @param style what they show
 * @param record where the recording goes, or null
 * @param json whether to print the result as JSON
 * @param streamed whether the answer has been printed already
 */
record AskOutput(
        Terminal terminal,
        String model,
        int patchSize,
        SpendingOptions spending,
        @Nullable Path overlay,
        Overlay.Style style,
        @Nullable Path record,
        boolean json,
        boolean streamed) {

    /** Shows an answer; the exit code that it means. */
    int show(List<RgbImage> images, String question, Answer answer) {
        AskReport report = new AskReport(model, question, spending, answer);
        if (streamed) {
            terminal.out().println();
        }
        List<Path> overlays = overlays(images, answer);
        if (record != null) {
            RecordFile.write(record, answer, report.metadata());
        }
        if (json) {
            Json.print(terminal, report.asMap(overlays, record));
        } else {
            if (!streamed) {
                terminal.out().println(answer.text());
            }
            terminal.out().println(terminal.quiet(report.line()));
        }
        return answer.finish() == FinishReason.CANCELLED ? ExitCode.INTERRUPTED : ExitCode.OK;
    }

    private List<Path> overlays(List<RgbImage> images, Answer answer) {
        List<Path> written = new ArrayList<>();
        if (overlay == null) {
            return written;
        }
        for (int i = 0; i < images.size(); i++) {
            Path file = images.size() == 1 ? overlay : numbered(overlay, i + 1);
            Overlay.write(
                    Overlay.draw(images.get(i), answer.geometry().get(i), patchSize, answer.ledger(), i, style), file);
            written.add(file);
        }
        if (style == Overlay.Style.HEAT && !hasScores(answer)) {
            terminal.err().println("fovea: note: this technique gives no scores, so the overlay has no heat map");
        }
        return written;
    }

    private static boolean hasScores(Answer answer) {
        for (float score : answer.ledger().scores()) {
            if (!Float.isNaN(score)) {
                return true;
            }
        }
        return false;
    }

    /** {@code out.png} becomes {@code out-2.png}. */
    private static Path numbered(Path file, int number) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        String numbered = dot < 1 ? name + "-" + number : name.substring(0, dot) + "-" + number + name.substring(dot);
        return file.resolveSibling(numbered);
    }
}
