package dev.fovea.train.recipe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.train.text.WorldTokenizer;

/**
 * The sizes of the default model, and the configurations that say them in Hugging Face's words: it is trained as they
 * describe it, and written with them.
 */
record PeekConfig(PeekSize.Vision vision, PeekSize.Text text, PeekSize.Language decoder) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The vision-language model, as LLaVA's {@code config.json}. */
    ObjectNode llava() {
        ObjectNode c = JSON.createObjectNode();
        c.putArray("architectures").add("LlavaForConditionalGeneration");
        c.put("model_type", "llava");
        c.put("image_token_index", WorldTokenizer.IMAGE);
        c.put("image_seq_length", vision.patches());
        c.put("projector_hidden_act", "gelu");
        c.put("vision_feature_layer", -2);
        c.put("vision_feature_select_strategy", "default");
        c.put("tie_word_embeddings", true);
        c.put("torch_dtype", "bfloat16");
        c.set("vision_config", visionConfig());
        ObjectNode t = c.putObject("text_config");
        t.putArray("architectures").add("LlamaForCausalLM");
        t.put("model_type", "llama");
        t.put("vocab_size", decoder.vocabulary());
        t.put("hidden_size", decoder.width());
        t.put("intermediate_size", decoder.mlp());
        t.put("num_hidden_layers", decoder.layers());
        t.put("num_attention_heads", decoder.heads());
        t.put("num_key_value_heads", decoder.kvHeads());
        t.put("head_dim", decoder.headDim());
        t.put("hidden_act", "silu");
        t.put("max_position_embeddings", 2048);
        t.put("rms_norm_eps", 1e-5);
        t.put("rope_theta", decoder.theta());
        t.put("attention_bias", false);
        t.put("mlp_bias", false);
        t.put("tie_word_embeddings", true);
        t.put("bos_token_id", WorldTokenizer.BOS);
        t.put("eos_token_id", WorldTokenizer.EOS);
        t.put("pad_token_id", WorldTokenizer.PAD);
        return c;
    }

    private ObjectNode visionConfig() {
        ObjectNode v = JSON.createObjectNode();
        v.put("model_type", "clip_vision_model");
        v.put("hidden_size", vision.width());
        v.put("intermediate_size", vision.mlp());
        v.put("num_hidden_layers", vision.layers());
        v.put("num_attention_heads", vision.heads());
        v.put("num_channels", 3);
        v.put("image_size", vision.image());
        v.put("patch_size", vision.patch());
        v.put("hidden_act", "gelu");
        v.put("layer_norm_eps", 1e-5);
        v.put("projection_dim", Recipes.SHARED_WIDTH);
        return v;
    }

    /** The dual encoder, as CLIP's {@code config.json}. */
    ObjectNode clip() {
        ObjectNode c = JSON.createObjectNode();
        c.putArray("architectures").add("CLIPModel");
        c.put("model_type", "clip");
        c.put("projection_dim", Recipes.SHARED_WIDTH);
        c.put("logit_scale_init_value", Math.log(10));
        c.put("torch_dtype", "bfloat16");
        c.set("vision_config", visionConfig());
        ObjectNode t = c.putObject("text_config");
        t.put("model_type", "clip_text_model");
        t.put("vocab_size", text.vocabulary());
        t.put("hidden_size", text.width());
        t.put("intermediate_size", text.mlp());
        t.put("num_hidden_layers", text.layers());
        t.put("num_attention_heads", text.heads());
        t.put("max_position_embeddings", text.length());
        t.put("hidden_act", "gelu");
        t.put("layer_norm_eps", 1e-5);
        t.put("projection_dim", Recipes.SHARED_WIDTH);
        t.put("bos_token_id", WorldTokenizer.BOS);
        t.put("eos_token_id", text.vocabulary() - 1);
        t.put("pad_token_id", WorldTokenizer.PAD);
        return c;
    }
}
