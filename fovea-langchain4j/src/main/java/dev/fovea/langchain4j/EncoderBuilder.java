package dev.fovea.langchain4j;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.image.PictureLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What embedding and scoring models are built from: a CLIP or SigLIP dual encoder.
 *
 * @param <B> the builder itself
 */
public abstract sealed class EncoderBuilder<B extends EncoderBuilder<B>>
        permits FoveaEmbeddingModel.Builder, FoveaScoringModel.Builder {
    private @Nullable Path path;
    private @Nullable DualEncoder encoder;
    private @Nullable String name;
    private PictureLimits limits = PictureLimits.DEFAULT;

    EncoderBuilder() {}

    abstract B self();

    /**
     * The folder of a dual encoder, or of a vision-language model with one in its folder {@code clip}, as {@code peek}
     * has; closing the model closes it.
     */
    public B modelPath(Path folder) {
        this.path = folder;
        return self();
    }

    /** An encoder that is open already; who opened it closes it. */
    public B encoder(DualEncoder opened) {
        this.encoder = opened;
        return self();
    }

    /** How the model is called in responses (default: as its folder). */
    public B modelName(String text) {
        this.name = text;
        return self();
    }

    /** What a picture file may ask for. */
    public B pictureLimits(PictureLimits values) {
        this.limits = values;
        return self();
    }

    Encoding encoding() {
        Path folder = path;
        DualEncoder opened = encoder;
        if ((folder == null) == (opened == null)) {
            throw new IllegalArgumentException("Give the builder either a modelPath or an encoder.");
        }
        Pictures pictures = new Pictures(limits);
        if (opened != null) {
            return new Encoding(opened, false, pictures, Objects.requireNonNullElse(name, "dual-encoder"));
        }
        return open(Objects.requireNonNull(folder), pictures);
    }

    private Encoding open(Path folder, Pictures pictures) {
        Path beside = folder.resolve("clip");
        boolean whole = Files.isDirectory(beside) && !DualEncoder.isOne(folder);
        DualEncoder own = DualEncoder.open(whole ? beside : folder);
        String usual = String.valueOf(folder.toAbsolutePath().normalize().getFileName()) + (whole ? "/clip" : "");
        return new Encoding(own, true, pictures, Objects.requireNonNullElse(name, usual));
    }
}
