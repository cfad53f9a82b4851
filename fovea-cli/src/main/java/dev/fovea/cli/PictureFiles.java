package dev.fovea.cli;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.Picture;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.document.Document;
import dev.fovea.document.DocumentException;
import dev.fovea.document.DocumentReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Files that are asked about: pictures, and PDF documents, whose pages become pictures once there is a model, because it
 * says how large it wants them.
 */
final class PictureFiles {
    private final Terminal terminal;
    private final DocumentOptions options;

    PictureFiles(Terminal terminal, DocumentOptions options) {
        this.terminal = terminal;
        this.options = options;
    }

    /**
     * Pictures with the files that they come from.
     *
     * @param files one for each picture; a document stands once for each of its pages
     * @param images their pixels
     */
    record Shown(List<Path> files, List<RgbImage> images) {}

    /** Files, some of which wait for a model. */
    record Waiting(List<Function<VisionLanguageModel, Shown>> each) {
        /** All of them, in order. */
        Shown of(VisionLanguageModel model) {
            List<Path> files = new ArrayList<>();
            List<RgbImage> images = new ArrayList<>();
            for (Function<VisionLanguageModel, Shown> one : each) {
                Shown shown = one.apply(model);
                files.addAll(shown.files());
                images.addAll(shown.images());
            }
            return new Shown(files, images);
        }
    }

    /** Reads pictures at once, and leaves documents for later. */
    Waiting open(List<Path> files) {
        List<Function<VisionLanguageModel, Shown>> each = new ArrayList<>();
        for (Path file : files) {
            if (DocumentReader.isDocument(file)) {
                options.pages();
                each.add(model -> pages(file, model));
            } else {
                Shown picture = new Shown(List.of(file), List.of(picture(file)));
                each.add(model -> picture);
            }
        }
        return new Waiting(each);
    }

    /** Whether one of these is a document. */
    static boolean anyDocument(List<Path> files) {
        return files.stream().anyMatch(DocumentReader::isDocument);
    }

    /** One more file, once there is a model. */
    Shown open(Path file, VisionLanguageModel model) {
        return open(List.of(file)).of(model);
    }

    private RgbImage picture(Path file) {
        Picture picture = new PictureReader().read(file);
        picture.notes().forEach(this::note);
        return picture.image();
    }

    private Shown pages(Path file, VisionLanguageModel model) {
        Document document = drawn(file, model);
        document.notes().forEach(this::note);
        return new Shown(document.pages().stream().map(page -> file).toList(), document.images());
    }

    private Document drawn(Path file, VisionLanguageModel model) {
        String password = options.password();
        try {
            try {
                return drawn(file, model, password);
            } catch (DocumentException e) {
                String typed = e.kind() == DocumentException.Kind.PASSWORD && password == null
                        ? DocumentOptions.ask(terminal, file)
                        : null;
                if (typed == null) {
                    throw e;
                }
                return drawn(file, model, typed);
            }
        } catch (DocumentException e) {
            throw switch (e.kind()) {
                case PASSWORD ->
                    password == null
                            ? CommandFailure.input(file + " is encrypted; give its password with --password FILE")
                            : CommandFailure.input(e);
                case LIBRARY ->
                    CommandFailure.input(file + " is a PDF document, which 'fovea ask' opens when it is named on the"
                            + " command line, with a name that ends in .pdf");
                case DOCUMENT, BUSY -> CommandFailure.input(e);
            };
        }
    }

    private Document drawn(Path file, VisionLanguageModel model, @Nullable String password) {
        DocumentReader reader = new DocumentReader();
        return reader.read(file, options.pages(), password, reader.scaleFor(model::pictureScale));
    }

    private void note(String sentence) {
        terminal.err().println("fovea: note: " + sentence);
    }
}
