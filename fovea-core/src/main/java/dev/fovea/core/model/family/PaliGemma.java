package dev.fovea.core.model.family;

import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * PaliGemma (arXiv 2407.07726) and PaliGemma 2 (arXiv 2412.03555): a SigLIP encoder, one linear map and a Gemma or Gemma
 * 2, which reads pictures and question as a prefix whose tokens all see each other. Its positions count from 1.
 */
public final class PaliGemma implements Family {
    private static final List<Rename> RENAMES =
            GemmaText.renames(Rename.of("^(model\\.)?multi_modal_projector\\.linear\\.", "connector.linear_1."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("paligemma");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        v.require("model_type", "siglip_vision_model");
        ModelConfig t = config.child("text_config");
        t.require("model_type", "gemma", "gemma2");
        VisionOptions vision = Siglip.vision(v);
        DecoderOptions text = GemmaText.read(t, "gemma", MutualSight.PROMPT);
        int projected = v.count("projection_dim", config.count("projection_dim", text.width()));
        if (projected != text.width()) {
            throw v.wrong("projection_dim", "the language model's hidden_size " + text.width(), projected);
        }
        return new Description(
                "paligemma",
                vision,
                List.of(vision.layers()),
                false,
                ConnectorOptions.linear(vision.width(), text.width()),
                text,
                new SequentialPositions(1),
                List.of(new Placeholder(
                        config.integer("image_token_id", config.integer("image_token_index", 256_000)), "<image>")),
                PromptLayout.bare(),
                RENAMES,
                false,
                false);
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return new ImageProcessor(ImageProcessorConfig.read(folder));
    }

    /** Pictures before everything, the beginning of text behind the last of them, and a line that ends the question. */
    @Override
    public String template() {
        return """
                {%- if messages | length != 1 or messages[0].role != 'user' -%}
                {{ raise_exception('PaliGemma answers one question by itself, without a system message or earlier turns') }}
                {%- endif -%}
                {%- set content = messages[0].content -%}
                {%- set pictures = content | selectattr('type', 'equalto', 'image') | list | length -%}
                {%- set state = namespace(shown=0) -%}
                {%- if pictures == 0 -%}{{ bos_token }}{%- endif -%}
                {%- for part in content -%}
                {%- if part.type == 'image' -%}
                {%- set state.shown = state.shown + 1 -%}
                {{ '<image>' }}
                {%- if state.shown == pictures -%}{{ bos_token }}{%- endif -%}
                {%- elif part.type == 'text' -%}
                {{ part.text }}
                {%- endif -%}
                {%- endfor -%}
                {{ '\n' }}""";
    }
}
