-- wrk: posts orders that are all different, of `learners` different buyers.
local learners = 5000
local offset = tonumber(os.getenv("BENCH_OFFSET") or "0")
local n = offset
local body = [[{"id":%d,"date_created":"Aug 11, 2020 07:45 PM","status":"COMPLETED","currency":"United States (US) dollar","order_total":220,"sub_total":220,"transaction_ref":null,"payment_gateway":{"id":"Unknown","name":"Manual order"},"customer":{"id":3,"first_name":"Demo","last_name":"Student","email":"student%d@app.com","billing_address":{"full_name":"John doe","address_line_1":"123 John St","address_line_2":"Suite 309","city":"New York","country":"US","state":"NY","zipcode":"10017"}},"line_items":[{"product_id":1,"product_name":"Product","quantity":1,"price_per_qty":"110.00","total":"110.00"},{"product_id":2,"product_name":"Prod 2","quantity":1,"price_per_qty":"110.00","total":"110.00"}],"coupons":[],"notes":[]}]]

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format(body, n, n % learners))
end

done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
