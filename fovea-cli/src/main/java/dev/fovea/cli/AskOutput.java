package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.Thought;
import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.core.overlay.ThoughtSheet;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code ask} does with an answer: the words, overlays, the recording; JSON only when all of them are there.
 * An answer that was stopped gets no files.
 *
 * @param model name of the model
 * @param tokenPixels side of the square of pixels that a visual token stands for
 * @param spending techniques and budget
 * @param destinations where overlays and the recording go
 * @param style what overlays show
 * @param json whether to print the result as JSON
 * @param streamed whether the answer has been printed already
 * @param thought whether to say what was thought before it
 */
record AskOutput(
        Terminal terminal,
        String model,
        int tokenPixels,
        SpendingOptions spending,
        Destinations destinations,
        Overlay.Style style,
        boolean json,
        boolean streamed,
        boolean thought) {

    /** Shows an answer; the exit code that it means. */
    int show(List<RgbImage> images, String question, Answer answer) {
        return show(images, question, answer, List.of());
    }

    /**
     * The same.
     *
     * @param maps what its thought holds of the picture
     */
    int show(List<RgbImage> images, String question, Answer answer, List<ThoughtMap> maps) {
        AskReport report = new AskReport(model, question, spending, answer, maps);
        if (!json) {
            sayInWords(answer, report);
        }
        boolean whole = answer.finish() != FinishReason.CANCELLED;
        List<Path> overlays = whole ? overlays(images, answer) : List.of();
        Path record = whole ? destinations.record() : null;
        Path sheet = whole ? destinations.thought() : null;
        if (sheet != null && maps.isEmpty()) {
            terminal.err()
                    .println("fovea: note: nothing was thought that could be drawn, so " + sheet + " was not written");
        } else if (sheet != null) {
            Overlay.write(ThoughtSheet.draw(images.getFirst(), maps), sheet);
        }
        if (record != null) {
            RecordFile.write(record, answer, report.metadata());
        }
        if (json) {
            Json.print(terminal, report.asMap(overlays, record));
        }
        return whole ? ExitCode.OK : ExitCode.INTERRUPTED;
    }

    /** Before any file is written: an answer is not lost because a disk is full. */
    private void sayInWords(Answer answer, AskReport report) {
        if (!streamed) {
            terminal.out().print(terminal.shown(answer.text()));
        }
        terminal.out().println();
        Thought own = answer.thought();
        if (thought && own != null) {
            terminal.out().println(terminal.quiet("thought: " + terminal.shown(own.text())));
        }
        terminal.out().println(terminal.quiet(report.line()));
    }

    /** Writes the overlays that were asked for; their files. */
    List<Path> overlays(List<RgbImage> images, Answer answer) {
        List<Path> files = destinations.overlays(images.size());
        for (int i = 0; i < files.size(); i++) {
            Overlay.write(drawn(images, answer, i), files.get(i));
        }
        if (!files.isEmpty() && style == Overlay.Style.HEAT && !hasScores(answer)) {
            terminal.err().println("fovea: note: nothing was scored, so the overlay has no heat map");
        }
        return files;
    }

    /** A picture, or a frame of a video with what became of the moment that it belongs to. */
    private BufferedImage drawn(List<RgbImage> images, Answer answer, int index) {
        Ledger ledger = answer.ledger();
        if (!(ledger.images().getFirst().part() instanceof Part.Frame)) {
            return Overlay.draw(images.get(index), answer.geometry(), tokenPixels, ledger, index, style);
        }
        int moments = ledger.images().size();
        int together = (images.size() + moments - 1) / moments;
        int moment = index / together;
        return Overlay.draw(images.get(index), answer.geometry().get(moment), tokenPixels, ledger, moment, style);
    }

    private static boolean hasScores(Answer answer) {
        for (float score : answer.ledger().scores()) {
            if (!Float.isNaN(score)) {
                return true;
            }
        }
        return false;
    }
}
