package dev.fovea.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;

/**
 * Prepares pictures as the processor of Pixtral and Mistral 3 does with PIL: made smaller only where a side is too long,
 * and stretched to whole tokens. Safe for use by several threads.
 */
public final class PixtralPictureProcessor extends WholePictureProcessor {
    private static final int LONGEST = 1024;

    private final int longest;
    private final int token;

    private PixtralPictureProcessor(ProcessorFile file, int longest, int token) {
        super(new Stretching(
                file.resampling(Resampling.BICUBIC),
                new PixelTable(file.normalization(ImageProcessorConfig.CLIP_MEAN, ImageProcessorConfig.CLIP_STD))));
        this.longest = longest;
        this.token = token;
    }

    /**
     * Reads the processor of a checkpoint folder.
     *
     * @param token side of the square of pixels that a visual token stands for
     * @throws CheckpointException if there is none, or it is another model's, in one sentence
     */
    public static PixtralPictureProcessor read(Path folder, int token) {
        ProcessorFile file = ProcessorFile.read(folder);
        if (!file.kind("PIXTRAL").equals("PIXTRAL")) {
            throw new CheckpointException(file.name() + " asks for the image processor " + Printable.of(file.type(""))
                    + ", but the model wants that of Pixtral; take the file that the model was published with");
        }
        JsonNode size = file.json().path("size");
        int longest = size.has("longest_edge") ? file.side(size.get("longest_edge"), "size") : LONGEST;
        if (longest < token) {
            throw new CheckpointException(file.name() + " has a longest_edge of " + longest
                    + ", which is less than the " + token + " pixels of one token");
        }
        return new PixtralPictureProcessor(file, longest, token);
    }

    @Override
    DynamicSize.Size size(int width, int height) {
        double ratio = Math.max((double) height / longest, (double) width / longest);
        int w = ratio > 1 ? (int) Math.floor(width / ratio) : width;
        int h = ratio > 1 ? (int) Math.floor(height / ratio) : height;
        if (Math.min(w, h) < 1) {
            throw new PictureException("A picture of " + width + "x" + height
                    + " pixels is too elongated to be scaled to " + longest + " on its longer side; crop it first");
        }
        return new DynamicSize.Size(Math.ceilDiv(w, token) * token, Math.ceilDiv(h, token) * token);
    }
}
