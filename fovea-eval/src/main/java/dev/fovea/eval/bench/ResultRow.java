package dev.fovea.eval.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.fovea.eval.suite.Scored;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one contestant made of one question. Columns carry lmms-eval's names where it has them.
 *
 * @param task the suite
 * @param docId the question
 * @param picture the picture; rows that share it share its encoder pass
 * @param technique as typed
 * @param budget as typed
 * @param skill what the question tests
 * @param group questions scored together
 * @param target the right answer
 * @param resps what the model said
 * @param filteredResps what was understood
 * @param score 0 to 1
 * @param facts what else was counted in the answer, by name
 * @param logProbability of the answer
 * @param pdmH how far each token of the answer depends on the picture, 0 to 1 (arXiv 2403.14003, PDM-H); empty where that
 *     was not asked for
 * @param visualTotal visual tokens before the technique acted
 * @param visualKept visual tokens behind the last station
 * @param visualMean visual tokens on average over the decoder's layers
 * @param keptRows how many of those lay in each quarter of the picture's height, the top one first; empty without an
 *     answer. See {@link KeptRows}
 * @param textTokens tokens of the prompt that are not visual
 * @param answerTokens tokens of the answer
 * @param encodeMs the picture through the encoder
 * @param prefillMs from features to the first token, selection included
 * @param decodeMs all further tokens
 * @param encodeFlops of the picture
 * @param prefillFlops from features to the first token
 * @param kvBytes keys and values of the prompt, two bytes a number
 * @param error why there is no answer, or null
 */
@JsonPropertyOrder({
    "task",
    "doc_id",
    "picture",
    "technique",
    "budget",
    "skill",
    "group",
    "target",
    "resps",
    "filtered_resps",
    "score",
    "facts",
    "log_probability",
    "pdm_h",
    "visual_total",
    "visual_kept",
    "visual_mean",
    "kept_rows",
    "text_tokens",
    "answer_tokens",
    "encode_ms",
    "prefill_ms",
    "decode_ms",
    "encode_flops",
    "prefill_flops",
    "kv_bytes",
    "error"
})
public record ResultRow(
        @JsonProperty("task") String task,
        @JsonProperty("doc_id") String docId,
        @JsonProperty("picture") String picture,
        @JsonProperty("technique") String technique,
        @JsonProperty("budget") String budget,
        @JsonProperty("skill") String skill,
        @JsonProperty("group") String group,
        @JsonProperty("target") String target,
        @JsonProperty("resps") String resps,
        @JsonProperty("filtered_resps") String filteredResps,
        @JsonProperty("score") double score,
        @JsonProperty("facts") Map<String, Double> facts,
        @JsonProperty("log_probability") double logProbability,
        @JsonProperty("pdm_h") List<Double> pdmH,
        @JsonProperty("visual_total") int visualTotal,
        @JsonProperty("visual_kept") int visualKept,
        @JsonProperty("visual_mean") double visualMean,
        @JsonProperty("kept_rows") List<Integer> keptRows,
        @JsonProperty("text_tokens") int textTokens,
        @JsonProperty("answer_tokens") int answerTokens,
        @JsonProperty("encode_ms") double encodeMs,
        @JsonProperty("prefill_ms") double prefillMs,
        @JsonProperty("decode_ms") double decodeMs,
        @JsonProperty("encode_flops") long encodeFlops,
        @JsonProperty("prefill_flops") long prefillFlops,
        @JsonProperty("kv_bytes") long kvBytes,
        @JsonProperty("error") @Nullable String error) {

    public ResultRow {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        pdmH = List.copyOf(pdmH);
        keptRows = List.copyOf(keptRows);
    }

    /** What tells rows apart. */
    public record Key(String task, String docId, String technique, String budget) {}

    public Key key() {
        return new Key(task, docId, technique, budget);
    }

    public Contestant contestant() {
        return new Contestant(technique, budget);
    }

    /** Whether there is an answer. */
    public boolean answered() {
        return error == null;
    }

    public Scored scored() {
        return new Scored(docId, skill, group, target, filteredResps, score, facts);
    }
}
