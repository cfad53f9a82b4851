package dev.fovea.core.model.family;

import dev.fovea.core.image.NoPictures;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.gguf.GgufText;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.MutualSight;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Language models without eyes: Llama (arXiv 2302.13971; SmolLM2 is one), Mistral (arXiv 2310.06825), Qwen2 and 2.5
 * (arXiv 2407.10671), Qwen3 (arXiv 2505.09388), Gemma to Gemma 3 (arXiv 2503.19786).
 */
public final class TextOnly implements Family {
    private static final List<Rename> RENAMES =
            List.of(Rename.of("^(model\\.)?(?=layers\\.|embed_tokens\\.|norm\\.)", "text."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text");
    }

    @Override
    public Description describe(ModelConfig config) {
        String type = config.text("model_type", "llama");
        DecoderOptions text = type.startsWith("gemma")
                ? GemmaText.read(config, type, MutualSight.NONE)
                : DecoderConfig.read(DecoderConfig.Kind.of(config), config, false);
        return Description.ofText(type, text, RENAMES);
    }

    @Override
    public Map<String, GgufText> ggufTexts() {
        return TextGguf.ALL;
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return new NoPictures();
    }
}
