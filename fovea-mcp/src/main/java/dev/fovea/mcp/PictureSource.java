package dev.fovea.mcp;

import dev.fovea.core.image.DataUrl;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Printable;
import dev.fovea.document.DocumentException;
import dev.fovea.document.DocumentLimits;
import dev.fovea.document.DocumentReader;
import dev.fovea.document.Pages;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where the pictures and documents of calls come from: data URLs always, files where they may be read. What a language model asks for is
 * not to be trusted, so a folder bounds its reach, whatever links lie inside.
 */
public final class PictureSource {
    private static final String SENT = "The picture";

    private final PictureReader reader;
    private final DocumentReader documents = new DocumentReader(DocumentLimits.OF_REQUESTS);
    private final boolean files;
    private final @Nullable Path folder;

    private PictureSource(PictureLimits limits, boolean files, @Nullable Path folder) {
        this.reader = new PictureReader(limits);
        this.files = files;
        this.folder = folder;
    }

    /** Every picture file that this process can read; relative names are those of its working directory. */
    public static PictureSource anyFile(PictureLimits limits) {
        return new PictureSource(limits, true, null);
    }

    /**
     * Picture files below a folder, by which relative names go.
     *
     * @throws PictureException if there is no such folder
     */
    public static PictureSource below(Path folder, PictureLimits limits) {
        try {
            return new PictureSource(limits, true, folder.toRealPath());
        } catch (IOException e) {
            throw new PictureException("There is no folder " + folder + " to read pictures from", e);
        }
    }

    /** No files. */
    public static PictureSource dataOnly(PictureLimits limits) {
        return new PictureSource(limits, false, null);
    }

    /** A picture or a document, not yet read. */
    sealed interface Found {
        boolean isDocument();

        /** @param bytes those of a data URL */
        record Sent(byte[] bytes) implements Found {
            @Override
            public boolean isDocument() {
                return DocumentReader.isDocument(bytes);
            }
        }

        /** @param path of a file that may be read */
        record Named(Path path) implements Found {
            @Override
            public boolean isDocument() {
                return DocumentReader.isDocument(path);
            }
        }
    }

    /**
     * Finds a picture or a document.
     *
     * @param text a data URL, or the name of a file
     * @throws PictureException if it may not be read, in one sentence
     */
    Found find(String text) {
        if (DataUrl.isOne(text)) {
            return new Found.Sent(DataUrl.bytes(text, SENT));
        }
        if (!files) {
            throw new PictureException(
                    "This server reads no files; send the picture itself as data:image/png;base64,...");
        }
        return new Found.Named(file(text));
    }

    /** @throws PictureException if it is no picture, in one sentence */
    RgbImage picture(Found found) {
        return switch (found) {
            case Found.Sent sent -> reader.read(sent.bytes(), SENT).image();
            case Found.Named named -> reader.read(named.path()).image();
        };
    }

    /**
     * Draws pages of a document.
     *
     * @throws DocumentException if they cannot be drawn, in one sentence
     */
    List<RgbImage> pages(Found found, Pages pages, @Nullable String password, DocumentReader.Scale scale) {
        DoubleBinaryOperator size = documents.scaleFor(scale);
        return switch (found) {
            case Found.Sent sent ->
                documents
                        .read(sent.bytes(), "The document", pages, password, size)
                        .images();
            case Found.Named named ->
                documents.read(named.path(), pages, password, size).images();
        };
    }

    private Path file(String text) {
        try {
            return folder == null ? Path.of(text) : inside(folder, text);
        } catch (InvalidPathException e) {
            throw new PictureException("'" + Printable.of(text) + "' is no name of a file", e);
        }
    }

    /** One sentence for what lies outside and for what is not there: a caller learns nothing about other folders. */
    private static Path inside(Path folder, String text) {
        String sentence = "There is no picture '" + Printable.of(text) + "' in the folder that this server reads";
        try {
            Path real = folder.resolve(text).toRealPath();
            if (!real.startsWith(folder)) {
                throw new PictureException(sentence);
            }
            return real;
        } catch (IOException e) {
            throw new PictureException(sentence, e);
        }
    }
}
