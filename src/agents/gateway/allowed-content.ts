/**
 * What a request to a model may contain, as lists: fields, tools, kinds of content. What is on no list does not pass. A
 * tool is on a list when the agent's own program runs it, a source of content when its bytes are in the request. Data
 * only; request-content.ts applies it. Names are those of the providers' references of 2026-11.
 */
import type { Api } from './apis.ts';

/** Takes part of its input out of checking: free-form values that a provider only shows to the model. */
export interface AllowedContent {
  /** Top-level fields that are passed on. Any other is left out. */
  readonly fields: ReadonlySet<string>;
  /**
   * Top-level fields for which a request is refused, because leaving them out would change its meaning: they make the
   * provider reach a network, run something, or use what it has stored and the gateway has never seen.
   */
  readonly refusedFields: ReadonlySet<string>;
  /** Fields that contain the conversation, where content is checked. */
  readonly conversation: ReadonlySet<string>;
  /** Kinds of items and parts within the conversation. Empty for Gemini, whose parts are told apart by their key. */
  readonly kinds: ReadonlySet<string>;
  /** Tools that the agent runs itself, by `type`. */
  readonly toolTypes: ReadonlySet<string>;
  /** Fields of a tool that are passed on. */
  readonly toolFields: ReadonlySet<string>;
}

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

const anthropic: AllowedContent = {
  fields: setOf(`model messages system tools tool_choice max_tokens metadata stop_sequences stream temperature top_k
    top_p thinking context_management output_config output_format cache_control service_tier speed`),
  refusedFields: setOf('mcp_servers container'),
  conversation: setOf('messages system'),
  kinds: setOf(`text image document tool_use tool_result thinking redacted_thinking tool_reference compaction
    base64 content`),
  toolTypes: setOf(`custom bash_20241022 bash_20250124 text_editor_20241022 text_editor_20250124 text_editor_20250429
    text_editor_20250728 computer_20241022 computer_20250124 computer_20251124 memory_20250818`),
  toolFields: setOf(`type name description input_schema cache_control strict defer_loading eager_input_streaming
    input_examples display_width_px display_height_px display_number enable_zoom max_characters`),
};

const responses: AllowedContent = {
  fields: setOf(`model input instructions tools tool_choice parallel_tool_calls stream stream_options store include
    reasoning text max_output_tokens max_tool_calls temperature top_p top_logprobs truncation metadata client_metadata
    user safety_identifier prompt_cache_key prompt_cache_retention service_tier context_management`),
  refusedFields: setOf('background conversation previous_response_id prompt container'),
  conversation: setOf('input'),
  kinds: setOf(`message input_text output_text text refusal summary_text reasoning_text input_image input_file reasoning
    function_call function_call_output custom_tool_call custom_tool_call_output local_shell_call local_shell_call_output
    shell_call shell_call_output apply_patch_call apply_patch_call_output tool_search_call tool_search_output
    item_reference compaction compaction_summary`),
  toolTypes: setOf('function custom local_shell apply_patch shell tool_search namespace'),
  toolFields: setOf('type name description parameters strict format defer_loading execution environment tools'),
};

const chat: AllowedContent = {
  fields: setOf(`model messages tools tool_choice parallel_tool_calls functions function_call stream stream_options n
    max_tokens max_completion_tokens temperature top_p top_k min_p top_a typical_p presence_penalty frequency_penalty
    repetition_penalty repeat_penalty logit_bias logprobs top_logprobs stop seed user metadata store response_format
    reasoning reasoning_effort reasoning_split verbosity thinking enable_thinking thinking_budget think
    chat_template_kwargs prompt_cache_key prompt_cache_retention safety_identifier service_tier options keep_alive
    include_reasoning cache_control`),
  refusedFields: setOf(`web_search_options plugins search_parameters enable_search mcp_servers data_sources`),
  conversation: setOf('messages'),
  kinds: setOf('text image_url input_audio file refusal thinking reasoning'),
  toolTypes: setOf('function custom'),
  toolFields: setOf('type function custom cache_control'),
};

const gemini: AllowedContent = {
  fields: setOf(`contents systemInstruction system_instruction tools toolConfig tool_config safetySettings
    safety_settings generationConfig generation_config labels model generateContentRequest generate_content_request`),
  refusedFields: setOf('cachedContent cached_content'),
  conversation: setOf('contents systemInstruction system_instruction'),
  kinds: new Set(),
  toolTypes: new Set(),
  toolFields: setOf('functionDeclarations function_declarations'),
};

export const ALLOWED_CONTENT: Readonly<Record<Api, AllowedContent>> = { anthropic, responses, chat, gemini };

/** Keys of a part of Gemini. `fileData` is none: its address is fetched by the provider. */
export const GEMINI_PART_FIELDS = setOf(`text thought thoughtSignature thought_signature inlineData inline_data
  functionCall function_call functionResponse function_response videoMetadata video_metadata mediaResolution
  media_resolution partMetadata part_metadata`);

/** Kinds of `source` of Anthropic whose bytes are in the request. */
export const ANTHROPIC_SOURCES = setOf('base64 text content');

/** What a `tool_choice` may ask for, where it is an object. */
export const TOOL_CHOICES = setOf(
  'auto any none required tool function custom allowed_tools local_shell shell apply_patch tool_search',
);

/**
 * Keys whose value is what the program of an agent was asked or said. The provider shows them to the model and does not
 * look into them, so addresses in them are words.
 */
export const FREE_KEYS = setOf(`input args arguments response action operation parameters tool_calls function_call
  annotations citations extra_content reasoning_details metadata internal_chat_message_metadata_passthrough`);

/** Service classes and speeds at the price of the table. */
export const PLAIN_TIERS = setOf('auto default standard standard_only flex');

/** Models that search the web by themselves, as far as they are known by their names. */
export const SEARCHING_MODELS =
  /:online\b|search-(preview|api)|deep-?research|^(perplexity\/)?sonar\b|^(groq\/)?compound(-beta|-mini)?\b/i;
